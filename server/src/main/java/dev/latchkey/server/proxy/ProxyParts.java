package dev.latchkey.server.proxy;

import dev.latchkey.server.egress.EgressParts;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.refresh.FreshCredentials;
import dev.latchkey.server.tokens.TokenParts;

/** Calls of providers with a connection's credential, within the limits that all nodes share. */
public final class ProxyParts {
    public final Proxy proxy;

    public ProxyParts(Ground ground, EgressParts egress, TokenParts tokens, FreshCredentials fresh) {
        Nodes nodes =
                ground.shutdown.keep(new Nodes(ground.ids.next(), ground.announcements, ground.listener, ground.clock));
        RateBudgets budgets =
                new RateBudgets(ground.clock, ground.announcements, ground.listener, nodes, ground.metrics);
        proxy = new Proxy(ground, egress.calls, tokens.addresses, tokens.signers, fresh, budgets);
    }
}
