package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.Auth;
import dev.latchkey.catalogue.Call;
import dev.latchkey.catalogue.Provider;
import dev.latchkey.catalogue.Template;
import dev.latchkey.server.integrations.Integration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/** The hosts of token endpoints, by name: providers that share one share its limit. Thread-safe. */
public final class VendorHosts {
    private final RandomGenerator random;
    private final Map<String, VendorHost> hosts = new ConcurrentHashMap<>();

    public VendorHosts(RandomGenerator random) {
        this.random = random;
    }

    VendorHost of(Provider provider, Integration integration) {
        return of(name(provider, integration.lab()));
    }

    VendorHost of(String name) {
        return hosts.computeIfAbsent(name, missing -> new VendorHost(random));
    }

    /**
     * The token endpoint's host; where each tenant has one of its own ({@code acme.myshopify.com}) the part that they share; where
     * there is none, the provider.
     */
    static String name(Provider provider, boolean lab) {
        if (lab) {
            return "lab/" + provider.id();
        }
        return tokenCall(provider.auth())
                .flatMap(call -> call.url().alternatives().stream().findFirst())
                .map(Template::source)
                .map(VendorHosts::shared)
                .filter(host -> !host.isEmpty())
                .orElse(provider.id());
    }

    private static Optional<Call> tokenCall(Auth auth) {
        return switch (auth) {
            case Auth.OAuth2Code code -> Optional.of(code.refresh().orElse(code.exchange()));
            case Auth.OAuth2Client client -> Optional.of(client.exchange());
            case Auth.Exchange exchange ->
                exchange.refresh()
                        .or(() -> exchange.steps().stream().findFirst().map(Auth.Step::call));
            case Auth.AppInstallation installation -> Optional.of(installation.tokenCall());
            default -> Optional.empty();
        };
    }

    private static String shared(String url) {
        String rest = url.replaceFirst("^https?://", "");
        // A slash inside of ${...} is none of the URL's.
        String host = rest.replaceAll("\\$\\{[^}]*}", "*").replaceFirst("[/?#].*$", "");
        String fixed = host.substring(host.lastIndexOf('*') + 1);
        return fixed.replaceFirst("^[.:]", "");
    }
}
