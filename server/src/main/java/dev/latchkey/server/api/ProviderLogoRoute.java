package dev.latchkey.server.api;

import dev.latchkey.catalogue.keys.HashFunction;
import dev.latchkey.catalogue.model.Logo;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.pages.EntityTag;
import dev.latchkey.server.providers.EnvironmentProviders;
import dev.latchkey.server.providers.OwnLogos;
import dev.latchkey.server.providers.ProviderLogos;
import dev.latchkey.server.providers.Providers;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;

/** The logos of providers. */
final class ProviderLogoRoute {
    private static final String A_DAY = "public, max-age=86400";
    /** An environment may change its own definitions, and an operator a logo. */
    private static final String FIVE_MINUTES = "public, max-age=300";

    private final Providers providers;
    private final OwnLogos own;
    private final ProviderLogos given;

    ProviderLogoRoute(Providers providers, OwnLogos own, ProviderLogos given) {
        this.providers = providers;
        this.own = own;
        this.given = given;
    }

    void register(HttpRules routing) {
        routing.get("/images/template-logos/{file}", this::send);
        routing.get("/images/template-logos/{environment}/{file}", this::send);
    }

    private record Picture(String mediaType, byte[] content, String caching) {
        static Picture drawn(String svg, String caching) {
            return new Picture("image/svg+xml", svg.getBytes(StandardCharsets.UTF_8), caching);
        }
    }

    /** Public: no key is needed. */
    private void send(ServerRequest request, ServerResponse response) {
        String id = request.path().pathParameters().get("file").replaceFirst("\\.svg$", "");
        Optional<UUID> environment = request.path()
                .pathParameters()
                .first("environment")
                .asOptional()
                .flatMap(Ids::parse);
        Picture picture = picture(id, environment);
        EntityTag tag = EntityTag.of(HexFormat.of().formatHex(HashFunction.SHA_256.digest(picture.content()), 0, 8));
        response.header(HeaderNames.CACHE_CONTROL, picture.caching());
        response.header(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        // An operator's SVG may contain a script, which must not run when the SVG is opened directly.
        response.header(
                HeaderNames.create("Content-Security-Policy"),
                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox");
        response.header(HeaderNames.create("X-Content-Type-Options"), "nosniff");
        if (tag.sentAsNotModified(request, response)) {
            return;
        }
        response.header(HeaderNames.CONTENT_TYPE, picture.mediaType());
        response.send(picture.content());
    }

    /**
     * What the environment gave comes first; its own definition then has its icon, any other provider the operator's file; an unknown id
     * has a monogram.
     */
    private Picture picture(String id, Optional<UUID> environment) {
        Optional<EnvironmentProviders> there = environment.map(providers::in);
        boolean defined = there.flatMap(it -> it.definition(id)).isPresent();
        return environment
                .flatMap(it -> given.find(it, id))
                .or(() -> own.find(id).filter(logo -> !defined))
                .map(logo -> new Picture(logo.type().mediaType(), logo.content(), FIVE_MINUTES))
                .orElseGet(() -> Picture.drawn(
                        there.map(it -> it.find(id))
                                .orElseGet(() -> providers.shipped(id))
                                .map(Logo::svg)
                                .orElseGet(() -> Logo.monogram(id)),
                        environment.isPresent() ? FIVE_MINUTES : A_DAY));
    }
}
