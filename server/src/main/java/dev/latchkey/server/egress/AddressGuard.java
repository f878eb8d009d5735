package dev.latchkey.server.egress;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;

/**
 * Which addresses may be called (security.md B1 to B3 and B7): those on the public internet, and what the operator lists. Code that
 * opens a connection resolves the name here, once, and connects to what is returned, so a name that changes afterwards has no effect.
 * Thread-safe.
 */
public final class AddressGuard {
    private static final Pattern NUMBER = Pattern.compile("[0-9]+|0[xX][0-9a-fA-F]*");
    private static final Pattern QUAD = Pattern.compile("(0|[1-9][0-9]{0,2})(\\.(0|[1-9][0-9]{0,2})){3}");

    /** RFC 6761 section 6.3: a name that is never looked up in DNS. */
    private static final Pattern LOOPBACK = Pattern.compile("(.+\\.)?localhost");

    /** Names that are never public (RFC 6761, 6762, 8375, and the clouds' own). */
    private static final Pattern INTERNAL =
            Pattern.compile("(.+\\.)?(localhost|local|internal|lan|home\\.arpa|localdomain)");

    /** Resolves a host name. */
    @FunctionalInterface
    public interface Resolver {
        InetAddress[] resolve(String host) throws UnknownHostException;
    }

    private final Set<String> allowed;
    private final Set<String> allowedHosts = new HashSet<>();
    private final Set<Integer> ports = new HashSet<>(Set.of(80, 443));
    private final IntPredicate named;
    private final Resolver resolver;
    private final Optional<ForwardProxy> proxy;

    /**
     * @param allowed {@code host} or {@code host:port} that may be called although it is not public, by http too; {@code *:port}
     *     opens a port of every public host
     * @param named whether a definition names this port, which is neither 80 nor 443
     */
    public AddressGuard(List<String> allowed, IntPredicate named, Resolver resolver) {
        this(allowed, named, resolver, Optional.empty());
    }

    /** @param proxy that reaches the internet for us */
    public AddressGuard(List<String> allowed, IntPredicate named, Resolver resolver, Optional<ForwardProxy> proxy) {
        this.proxy = proxy;
        this.allowed = new HashSet<>(allowed.stream().map(AddressGuard::plain).toList());
        this.named = named;
        this.resolver = resolver;
        for (String entry : this.allowed) {
            String host = entry.replaceFirst(":\\d+$", "");
            if (host.equals("*")) {
                ports.add(Integer.parseInt(entry.substring(2)));
            } else {
                allowedHosts.add(host);
            }
        }
    }

    /**
     * Before each request, whether or not a connection exists already.
     *
     * @throws EgressException {@code FORBIDDEN}: scheme, user info, port or the form of the host
     */
    public void check(URI uri) {
        String host = plain(uri.getHost() == null ? "" : uri.getHost());
        boolean secure = "https".equals(uri.getScheme());
        int port = uri.getPort() >= 0 ? uri.getPort() : secure ? 443 : 80;
        boolean listed = allowed.contains(host) || allowed.contains(host + ":" + port);
        if (host.isEmpty() || uri.getRawUserInfo() != null) {
            throw new EgressException(EgressException.Kind.FORBIDDEN, "the address names no plain host");
        }
        if (listed && (secure || "http".equals(uri.getScheme()))) {
            return;
        }
        if (!secure) {
            throw new EgressException(
                    EgressException.Kind.FORBIDDEN,
                    "the address on " + host
                            + " may not be called: it must be https, or listed in LATCHKEY_EGRESS_ALLOW");
        }
        if (allowedHosts.contains(host) || !ports.contains(port) && !named.test(port)) {
            throw new EgressException(
                    EgressException.Kind.FORBIDDEN,
                    "port " + port + " of " + host + " may not be called; the operator can allow " + host + ":" + port
                            + " with LATCHKEY_EGRESS_ALLOW");
        }
        form(host, host);
    }

    Optional<ForwardProxy> proxy() {
        return proxy;
    }

    /** The proxy that is asked for a host. */
    Optional<ForwardProxy> proxyOf(String host) {
        return proxy.filter(it -> it.reaches(plain(host)));
    }

    /**
     * After {@link #check}: whether a host may be called as far as its name and its addresses tell now. The proxy looks the name up by
     * itself, so that a name which is unknown here may be known to it; one that is known here must be public here.
     *
     * @throws EgressException {@code FORBIDDEN}, or {@code UNREACHABLE} when the name is unknown and no proxy is asked
     */
    public void reach(URI uri) {
        String name = plain(uri.getHost());
        if (proxyOf(name).isEmpty()) {
            resolve(name);
            return;
        }
        if (allowedHosts.contains(name)) {
            return;
        }
        form(name, name);
        boolean isAddress = name.startsWith("[") || QUAD.matcher(name).matches();
        if (!isAddress && (name.indexOf('.') < 0 || INTERNAL.matcher(name).matches())) {
            throw forbidden(name, name);
        }
        try {
            for (InetAddress address : resolver.resolve(name)) {
                if (!Addresses.isPublic(address)) {
                    throw forbidden(name, name);
                }
            }
        } catch (UnknownHostException e) {
            // Only the proxy's name servers may know it.
        }
    }

    /** Whether this port of every public host may be called, whatever definitions name. */
    public boolean opens(int port) {
        return ports.contains(port);
    }

    /**
     * Why an address may not be called, as far as this shows without a DNS lookup. The rest is found when it is called.
     *
     * @param address of fixed text
     */
    public Optional<String> refusal(URI address) {
        try {
            check(address);
            String host = plain(address.getHost());
            if (host.startsWith("[")
                    || QUAD.matcher(host).matches()
                    || LOOPBACK.matcher(host).matches()) {
                return resolve(host).length > 0 ? Optional.empty() : Optional.of("the host is not known");
            }
            return Optional.empty();
        } catch (EgressException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /**
     * The addresses of a host, each of them allowed, after {@link #check}.
     *
     * @throws EgressException {@code FORBIDDEN}, or {@code UNREACHABLE} when the name is unknown
     */
    public InetAddress[] resolve(String host) {
        String name = plain(host);
        if (proxy.filter(it -> plain(it.host()).equals(name)).isPresent()) {
            // The operator named it. What it is asked for is checked by reach.
            return resolve(name, true, name);
        }
        return resolve(name, allowedHosts.contains(name), name);
    }

    /**
     * The addresses of a host, each of them allowed. For connections that are not HTTP (databases) this is the whole check; any port
     * of a public host is allowed.
     *
     * @throws EgressException {@code FORBIDDEN}, or {@code UNREACHABLE} when the name is unknown
     */
    public InetAddress[] resolve(String host, int port) {
        String name = plain(host);
        String place = name + ":" + port;
        return resolve(name, allowed.contains(name) || allowed.contains(place), place);
    }

    /** @param entry as the operator would list it */
    private InetAddress[] resolve(String name, boolean listed, String entry) {
        InetAddress[] addresses;
        if (!listed) {
            form(name, entry);
        }
        try {
            addresses = resolver.resolve(name);
        } catch (UnknownHostException e) {
            throw new EgressException(EgressException.Kind.UNREACHABLE, "the host " + name + " is not known");
        }
        if (!listed) {
            for (InetAddress address : addresses) {
                // One forbidden address rules out the name: we cannot know which one a client uses.
                if (!Addresses.isPublic(address)) {
                    throw forbidden(name, entry);
                }
            }
        }
        return addresses;
    }

    /**
     * Numbers that resolvers read as IPv4 addresses although people do not: {@code 2130706433}, {@code 0177.0.0.1},
     * {@code 0x7f.1}, {@code 127.1}.
     */
    private static void form(String host, String entry) {
        String last = host.substring(host.lastIndexOf('.') + 1);
        boolean zone = host.indexOf('%') >= 0;
        if (zone
                || !host.startsWith("[")
                        && NUMBER.matcher(last).matches()
                        && !QUAD.matcher(host).matches()) {
            throw forbidden(host, entry);
        }
    }

    private static EgressException forbidden(String host, String entry) {
        return new EgressException(
                EgressException.Kind.FORBIDDEN,
                "the host " + host
                        + " is not on the public internet; the operator can allow it with LATCHKEY_EGRESS_ALLOW="
                        + entry);
    }

    /** Normalized for comparison: lower case, without the root's dot. */
    private static String plain(String host) {
        String name = host.strip().toLowerCase(Locale.ROOT);
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }
}
