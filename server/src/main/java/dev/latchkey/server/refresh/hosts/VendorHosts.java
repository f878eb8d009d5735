package dev.latchkey.server.refresh.hosts;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.providers.EnvironmentProviders;
import dev.latchkey.server.providers.Providers;
import java.time.Duration;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/** The hosts of token endpoints, by name: providers that share one share its limit. Thread-safe. */
public final class VendorHosts {
    private static final Pattern SCHEME = Pattern.compile("^https?://");
    private static final Pattern VALUE = Pattern.compile("\\$\\{[^}]*}");
    private static final Pattern PATH = Pattern.compile("[/?#].*$");
    private static final Pattern SEPARATOR = Pattern.compile("^[.:]");

    private final Providers providers;
    private final RandomGenerator random;
    /** A host that is not called for hours has no limit worth remembering. */
    private final Cache<String, VendorHost> hosts =
            Caffeine.newBuilder().expireAfterAccess(Duration.ofHours(6)).build();

    public VendorHosts(Providers providers, RandomGenerator random) {
        this.providers = providers;
        this.random = random;
    }

    public VendorHost of(Integration integration) {
        return of(name(integration.environment(), integration.provider(), integration.lab()));
    }

    public VendorHost of(String name) {
        return hosts.get(name, missing -> new VendorHost(random));
    }

    /**
     * The name of a provider's host in an environment. Hosts of an environment's own definition are counted only for it: it could name
     * another vendor's host, and make it appear to fail for all.
     */
    public String name(UUID environment, String provider, boolean lab) {
        EnvironmentProviders there = providers.in(environment);
        String name = there.find(provider).map(one -> name(one, lab)).orElse(provider);
        return there.isOwn(provider) ? environment + "/" + name : name;
    }

    /**
     * The token endpoint's host; if each tenant has its own ({@code acme.myshopify.com}), the part that they share; without one, the
     * provider.
     */
    private static String name(Provider provider, boolean lab) {
        if (lab) {
            return "lab/" + provider.id();
        }
        return provider.auth()
                .facts()
                .tokenCall()
                .flatMap(call -> call.url().alternatives().stream().findFirst())
                .map(Template::source)
                .map(VendorHosts::shared)
                .filter(host -> !host.isEmpty())
                .orElse(provider.id());
    }

    private static String shared(String url) {
        String rest = SCHEME.matcher(url).replaceFirst("");
        // A slash inside ${...} is not the URL's.
        String host = PATH.matcher(VALUE.matcher(rest).replaceAll("*")).replaceFirst("");
        String fixed = host.substring(host.lastIndexOf('*') + 1);
        return SEPARATOR.matcher(fixed).replaceFirst("");
    }
}
