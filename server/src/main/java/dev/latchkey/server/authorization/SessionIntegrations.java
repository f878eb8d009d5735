package dev.latchkey.server.authorization;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Caller;
import dev.latchkey.server.http.PauseJson;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.providers.Providers;
import java.util.function.Predicate;

/** The integration named by an end user's call, if the session allows it. Thread-safe. */
public final class SessionIntegrations {
    static final String UNKNOWN = "unknown_provider_config";
    static final String NOT_ALLOWED = "integration_not_allowed";

    private final Integrations integrations;
    private final Providers providers;

    public SessionIntegrations(Integrations integrations, Providers providers) {
        this.integrations = integrations;
        this.providers = providers;
    }

    /**
     * By the path's {@code key}.
     *
     * @throws ApiError 404 {@code unknown_provider_config}; 400 {@code integration_not_allowed} if the session does not allow it
     */
    public Integration named(Router.Call call) {
        Caller.EndUser user = (Caller.EndUser) call.caller();
        Integration integration = integrations
                .find(call.environmentId(), call.integrationKey())
                .orElseThrow(() -> ApiError.of(404, UNKNOWN, "There is no integration with this key."));
        if (!user.session().allows(integration.uniqueKey())) {
            throw ApiError.of(400, NOT_ALLOWED, "This session does not allow this integration.");
        }
        requireRunning(user.environment(), integration);
        return integration;
    }

    /** @throws ApiError 423 while connecting is paused; flows that had begun may end */
    static void requireRunning(Environment environment, Integration integration) {
        if (environment.pause().isPresent() || integration.pause().isPresent()) {
            throw PauseJson.forEndUser();
        }
    }

    /** The same with the kind of its provider that fits; with its own where none does. */
    public Integration named(Router.Call call, Predicate<Provider> fits) {
        Integration integration = named(call);
        return providers.kinds(integration).stream()
                .filter(fits)
                .findFirst()
                .filter(one -> providers.of(integration).filter(one::equals).isEmpty())
                .map(one -> integration.ofMode(one.auth().facts().mode()))
                .orElse(integration);
    }

    /** @throws ApiError 400 {@code unknown_provider_template} if it is no longer in the catalogue */
    public Provider provider(Integration integration) {
        return providers
                .of(integration)
                .orElseThrow(() -> ApiError.of(
                        400,
                        "unknown_provider_template",
                        "The catalogue has no provider '" + integration.provider() + "' any more."));
    }
}
