package dev.latchkey.server.api;

import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.integrations.IntegrationKeys;

/** The names of a connection and its integration in a request's URL; one that no connection can have is refused as malformed. */
record Named(String key, String id) {
    /** Reads the query to its end, and then the path, as Nango does. */
    static Named of(Router.Call call, Query query) {
        return new Named(key(query), call.connectionId());
    }

    /** Reads the query to its end. */
    static String key(Query query) {
        String key = query.required("provider_config_key");
        if (query.text("provider_config_key")
                .filter(it -> !IntegrationKeys.isAllowed(it))
                .isPresent()) {
            query.problem("invalid_format", IntegrationKeys.RULE, "provider_config_key");
        }
        query.end();
        return key;
    }
}
