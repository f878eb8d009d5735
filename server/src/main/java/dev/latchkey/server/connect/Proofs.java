package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.AfterConnect;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.Provenance;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.tokens.ApiCall;
import dev.latchkey.server.tokens.Success;
import dev.latchkey.server.tokens.ValuesOf;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** Verifies with the vendor, by the user's own token, that the account named by a callback is the user's. Thread-safe. */
public final class Proofs {
    private final ApiCall api;
    private final ListPages pages;

    public Proofs(ApiCall api) {
        this.api = api;
        this.pages = new ListPages(api);
    }

    /**
     * For kinds whose credential is our own app's: checks that the owner of the account can be known.
     *
     * @throws FlowRefusedException when it cannot, and the integration does not allow that
     */
    static void mustBePossible(Provider provider, Integration integration) {
        if (!provider.auth().facts().isOurs() || integration.acceptsUnproven()) {
            return;
        }
        boolean client =
                integration.clientId().isPresent() && integration.clientSecret().isPresent();
        boolean byUser = provider.auth().facts().proof().isPresent();
        if (!Provenance.isProvable(provider) || byUser && !client) {
            throw new FlowRefusedException(
                    "unproven_installation",
                    "Nothing proves whose account at " + provider.name() + " this would be, so anybody could connect"
                            + " anybody's. The operator of this product must "
                            + (byUser
                                    ? "give the integration the app's client id and secret, and have the app request user"
                                            + " authorization during installation; or "
                                    : "")
                            + "set accept_unproven_installations on the integration, if all of its users may.");
        }
    }

    /** @throws FlowRefusedException when the vendor does not confirm that it is the user's */
    void check(Provider provider, Integration integration, Auth.Proof proof, ValuesOf values) {
        boolean proven;
        try {
            proven = proof.find().isPresent()
                    ? isListed(provider, integration, proof.call(), proof.find().get(), values)
                    : Success.of(
                            api.send(provider, integration, proof.call(), values),
                            proof.call().okWhen());
        } catch (EgressException | IllegalArgumentException e) {
            throw new FlowRefusedException(
                    "provider_unavailable",
                    provider.name() + " could not confirm that this account is yours: " + e.getMessage()
                            + ". Try again in a moment.");
        }
        if (!proven) {
            throw new FlowRefusedException(
                    "installation_not_proven",
                    provider.name()
                            + " does not say that the account which the callback names is yours. Sign in there as"
                            + " a person who has it, and try again.");
        }
    }

    private boolean isListed(
            Provider provider, Integration integration, Call first, AfterConnect.Find find, ValuesOf values) {
        AtomicBoolean found = new AtomicBoolean();
        Optional<Egress.Response> failed =
                pages.read(new ListPages.Of(provider, integration, first, find.in()), values, page -> {
                    found.set(page.body()
                            .flatMap(it -> ListedAccounts.lists(find, it, values))
                            .isPresent());
                    return !found.get();
                });
        return failed.isEmpty() && found.get();
    }
}
