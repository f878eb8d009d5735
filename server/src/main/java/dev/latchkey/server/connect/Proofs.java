package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.AfterConnect;
import dev.latchkey.catalogue.model.Api;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.Provenance;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Storable;
import dev.latchkey.server.tokens.ApiCall;
import dev.latchkey.server.tokens.Success;
import dev.latchkey.server.tokens.ValuesOf;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Verifies with the vendor, by the user's own token, that the account named by a callback is the user's. Thread-safe. */
public final class Proofs {
    /** Pages of a hundred accounts: more than a user can look through. */
    private static final int MOST_PAGES = 100;

    /** RFC 8288 section 3, of the one relation that is followed. No part of a long header is looked at more than twice. */
    private static final Pattern LINK = Pattern.compile("<([^<>]+)>\\s*+;[^,<]*?\\brel=\"?([^\";,<]+)\"?");

    private final ApiCall api;

    public Proofs(ApiCall api) {
        this.api = api;
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
        Optional<Call> next = Optional.of(first);
        for (int page = 1; page <= MOST_PAGES && next.isPresent(); page++) {
            Call call = next.get();
            Egress.Response answer = api.send(provider, integration, call, values);
            if (!Success.of(answer, first.okWhen())) {
                return false;
            }
            Optional<JsonNode> body = parsed(answer);
            if (body.flatMap(it -> AfterConnectSteps.find(find, it, values)).isPresent()) {
                return true;
            }
            int following = page + 1;
            next = provider.api().page().flatMap(it -> next(it, first, answer, body, find.in(), following));
        }
        return false;
    }

    private static Optional<JsonNode> parsed(Egress.Response answer) {
        try {
            return Optional.of(Storable.of(Json.MAPPER.readTree(answer.body())));
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    /** Pages as the definition's API does; a next page at another host is not requested. */
    private static Optional<Call> next(
            Api.Page page, Call first, Egress.Response answer, Optional<JsonNode> body, JsonPath list, int number) {
        return switch (page.style()) {
            case Api.Page.Style.Link link ->
                link.from()
                        .flatMap(path -> body.flatMap(path::textIn))
                        .or(() -> linked(
                                answer.headers().getOrDefault("link", ""),
                                link.rel().orElse("next")))
                        .flatMap(address -> at(first, address));
            case Api.Page.Style.Cursor cursor ->
                body.flatMap(cursor.from()::textIn)
                        .filter(text -> !text.isEmpty())
                        .map(text -> with(first, cursor.to(), text));
            case Api.Page.Style.Offset offset ->
                body.flatMap(list::in)
                        .filter(found -> !found.isEmpty())
                        .map(found -> with(first, offset.to(), Integer.toString(number)));
        };
    }

    static Optional<String> linked(String header, String relation) {
        Matcher matcher = LINK.matcher(header);
        while (matcher.find()) {
            if (List.of(matcher.group(2).split(" ")).contains(relation)) {
                return Optional.of(matcher.group(1));
            }
        }
        return Optional.empty();
    }

    private static Optional<Call> at(Call first, String address) {
        try {
            URI next = URI.create(address);
            URI before = URI.create(first.url().alternatives().getFirst().source());
            boolean same = next.getHost() != null
                    && next.getHost().equals(before.getHost())
                    && "https".equals(next.getScheme())
                    && next.getPort() == before.getPort();
            return same
                    ? Optional.of(new Call(
                            first.method(), literal(address), Map.of(), first.headers(), first.body(), first.okWhen()))
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Call with(Call call, String parameter, String value) {
        Map<String, Text> query = new HashMap<>(call.query());
        query.put(parameter, literal(value));
        return new Call(call.method(), call.url(), query, call.headers(), call.body(), call.okWhen());
    }

    /** A vendor's text is not a template. */
    private static Text literal(String text) {
        if (text.contains("${")) {
            throw new IllegalArgumentException("its list has an invalid next page");
        }
        return Text.of(Template.parse(text, Template.Position.PLAIN));
    }
}
