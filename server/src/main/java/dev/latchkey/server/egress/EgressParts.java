package dev.latchkey.server.egress;

import dev.latchkey.server.configuration.Configuration;
import dev.latchkey.server.ground.Ground;
import java.net.InetAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/** The ways out, each with connections of its own, so that what takes long on one never holds up another. */
public final class EgressParts {
    public final AddressGuard guard;
    public final Authorities authorities;
    /** Calls of APIs, the proxy's too, which may take long. */
    public final Egress calls;
    /** Token requests. */
    public final Egress tokens;
    /** Webhooks, whose receivers may hang. */
    public final Egress webhooks;

    /** @param namesPort whether a definition names the port */
    public EgressParts(Ground ground, IntPredicate namesPort, EgressObserver observer) {
        guard = new AddressGuard(
                allowed(ground.configuration),
                namesPort,
                InetAddress::getAllByName,
                ForwardProxy.of(ground.configuration.egress(), ground.configuration.publicUrl()));
        authorities = ground.configuration
                .egress()
                .authorities()
                .map(Authorities::with)
                .orElseGet(Authorities::ofTheJdk);
        boolean toVendors = ground.configuration.records().telemetry().toVendors();
        calls = ground.shutdown.keep(new Egress(guard, authorities, observer, toVendors));
        tokens = ground.shutdown.keep(Egress.forTokens(guard, authorities, observer, toVendors));
        webhooks = ground.shutdown.keep(new Egress(guard, authorities, EgressObserver.NONE, true));
        calls.measure(ground.metrics);
    }

    /** The lab is our own address, which need not be public, nor need the company's identity provider. */
    private static List<String> allowed(Configuration configuration) {
        List<String> allowed = new ArrayList<>(configuration.egress().allowed());
        configuration.access().oidc().ifPresent(oidc -> allowed.add(place(oidc.issuer())));
        if (configuration.lab()) {
            allowed.add(place(configuration.publicUrl()));
        }
        return allowed;
    }

    private static String place(URI uri) {
        return uri.getHost() + ":" + (uri.getPort() >= 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80);
    }
}
