package dev.latchkey.server.api;

import dev.latchkey.server.connect.RemovalParts;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.http.HttpParts;
import dev.latchkey.server.http.Limit;
import dev.latchkey.server.providers.OwnDefinitions;
import dev.latchkey.server.providers.ProviderParts;

/** Providers, and the integrations that are made of them. */
public final class IntegrationApi {
    public IntegrationApi(
            Ground ground,
            HttpParts http,
            ConnectionParts connections,
            ProviderParts providers,
            OwnDefinitions definitions,
            RemovalParts removal) {
        ProviderJson json = new ProviderJson(ground.configuration.publicUrl());
        new IntegrationRoutes(connections.integrations, providers.providers, json, removal.integrations)
                .register(http.router);
        new ProviderRoutes(providers.providers, definitions, providers.given, json).register(http.router);
        new ProviderLogoRoute(providers.providers, providers.logos, providers.given)
                .register(http.doors.by(Limit.ASSET));
    }
}
