package dev.latchkey.server.drift;

import dev.latchkey.server.mcp.Discovery;
import dev.latchkey.server.mcp.McpException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;

/** Compares a vendor's metadata with its definition. */
final class MetadataCheck {
    private final Discovery discovery;
    private final UnaryOperator<URI> place;

    MetadataCheck(Discovery discovery, UnaryOperator<URI> place) {
        this.discovery = discovery;
        this.place = place;
    }

    Verdict of(Probe.Metadata probe) {
        try {
            JsonNode metadata = switch (probe.kind()) {
                case MCP -> discovery.of(probe.at(), place).server();
                case ISSUER -> discovery.authorizationServer(probe.at().toString(), place);
            };
            List<Finding> found = probe.expected()
                    .map(expected -> compare(metadata, expected))
                    .orElse(List.of());
            return found.isEmpty() ? new Verdict.Alive() : new Verdict.Look(found);
        } catch (McpException e) {
            return probe.required()
                    ? new Verdict.Look(
                            List.of(new Finding.Undiscoverable(Reading.printable(String.valueOf(e.getMessage()), 200))))
                    : new Verdict.Skipped("the vendor publishes no metadata there");
        }
    }

    private static List<Finding> compare(JsonNode metadata, Probe.Expected expected) {
        List<Finding> found = new ArrayList<>();
        for (Probe.Endpoint endpoint : expected.endpoints()) {
            String published = metadata.path(endpoint.member()).asString("");
            if (!published.isEmpty() && !isSame(published, endpoint.at())) {
                found.add(new Finding.Moved(endpoint.member(), Reading.printable(published, 200)));
            }
        }
        JsonNode methods = metadata.path("code_challenge_methods_supported");
        if (expected.pkce()
                && methods.isArray()
                && methods.valueStream().noneMatch(method -> method.asString("").equals("S256"))) {
            found.add(new Finding.WithoutPkce());
        }
        return found;
    }

    /** A definition may add a query, and a slash at the end makes no other endpoint. */
    private static boolean isSame(String published, URI defined) {
        return plain(published).equals(plain(defined.toString()));
    }

    private static Optional<String> plain(String address) {
        try {
            URI uri = URI.create(address);
            String path = uri.getRawPath() == null ? "" : uri.getRawPath().replaceFirst("/$", "");
            return Optional.of((uri.getScheme() + "://" + uri.getRawAuthority()).toLowerCase(Locale.ROOT) + path);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
