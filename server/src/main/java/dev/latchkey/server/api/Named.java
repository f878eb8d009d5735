package dev.latchkey.server.api;

import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.integrations.IntegrationKeys;

/** The names of a connection and its integration in a request's URL; one that no connection can have is refused as malformed. */
record Named(String key, String id) {
    /** Reads the query to its end. */
    static Named of(Router.Call call, Query query) {
        String id = call.connectionId();
        String key = query.required("provider_config_key");
        if (!key.isEmpty() && !IntegrationKeys.isAllowed(key)) {
            query.problem("invalid_format", IntegrationKeys.RULE, "provider_config_key");
        }
        query.end();
        return new Named(key, id);
    }
}
