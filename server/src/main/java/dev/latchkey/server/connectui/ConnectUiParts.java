package dev.latchkey.server.connectui;

import dev.latchkey.server.connect.FlowParts;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.environments.EnvironmentParts;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.http.Doors;
import dev.latchkey.server.http.Limit;
import dev.latchkey.server.providers.Providers;
import io.helidon.webserver.http.HttpRules;

/** The pages on which an end user connects. */
public final class ConnectUiParts {
    public final FlowCookie cookie;
    public final UserConfirmation confirmation;
    public final AccountQuestion accounts;
    public final ConnectPages pages;

    public ConnectUiParts(
            Ground ground,
            Doors doors,
            EnvironmentParts environments,
            ConnectionParts connections,
            Providers providers,
            FlowParts flows) {
        cookie = new FlowCookie(ground.configuration.publicUrl(), flows.flows::token);
        confirmation = new UserConfirmation(
                flows.sessions,
                connections.connections,
                environments.brandings,
                providers,
                flows.ends,
                environments.environments,
                cookie,
                ground.configuration.publicUrl());
        accounts = new AccountQuestion(environments.brandings, providers, cookie);
        Screens screens = new Screens(ground, environments.brandings, connections, providers, flows.externalIds);
        ScreenTemplates templates =
                new ScreenTemplates(screens, environments.brandings, providers, ground.configuration.publicUrl());
        pages = new ConnectPages(screens, templates, providers, flows.sessions, confirmation);
        HttpRules routing = doors.by(Limit.FLOW);
        pages.register(routing);
        new LogoRoute(environments.brandings).register(routing);
    }
}
