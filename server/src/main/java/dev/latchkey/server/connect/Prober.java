package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Verification;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.datastores.DatastoreProbe;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.tokens.ApiCall;
import dev.latchkey.server.tokens.Success;
import dev.latchkey.server.tokens.TokenParser;
import dev.latchkey.server.tokens.ValuesOf;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Verifies a static secret at connect time with the definition's probe. */
public final class Prober {
    private final ApiCall api;
    private final DatastoreProbe datastores;

    public Prober(ApiCall api, DatastoreProbe datastores) {
        this.api = api;
        this.datastores = datastores;
    }

    /** The vendor's reason when it refuses; empty when the credential works or has no probe. */
    public Optional<String> refusal(
            Provider provider,
            Integration integration,
            Credentials credentials,
            JsonNode config,
            Map<String, Secret> secrets) {
        if (credentials.datastore().isPresent()) {
            return provider.calls().verification() instanceof Verification.None
                    ? Optional.empty()
                    : datastores.refusal(
                            integration.environment(),
                            provider,
                            credentials.datastore().get());
        }
        if (!(provider.calls().verification() instanceof Verification.Probe probe)) {
            return Optional.empty();
        }
        ValuesOf values = new ValuesOf(integration, config, secrets, Optional.of(credentials));
        String reason = "";
        for (Call call : probe.calls()) {
            try {
                Egress.Response answer = api.send(provider, integration, call, values);
                if (fine(answer, call, probe.statuses())) {
                    return Optional.empty();
                }
                reason = provider.name() + " refused the credential: it answered " + answer.status() + reasonIn(answer);
            } catch (EgressException e) {
                reason = "The credential could not be checked: " + e.getMessage() + ".";
            } catch (IllegalArgumentException e) {
                reason = "The credential could not be checked: " + e.getMessage() + ".";
            }
        }
        return Optional.of(reason);
    }

    private static boolean fine(Egress.Response answer, Call call, List<Integer> statuses) {
        return statuses.isEmpty()
                ? Success.of(answer, call.okWhen())
                : statuses.contains(answer.status())
                        && call.okWhen().map(rule -> Success.said(answer, rule)).orElse(true);
    }

    private static String reasonIn(Egress.Response answer) {
        return TokenParser.message(answer).map(text -> ", " + text + ".").orElse(".");
    }
}
