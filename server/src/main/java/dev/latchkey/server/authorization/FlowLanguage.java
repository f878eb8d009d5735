package dev.latchkey.server.authorization;

import dev.latchkey.server.connectui.FlowCookie;
import dev.latchkey.server.environments.Language;
import dev.latchkey.server.pages.Links;
import io.helidon.http.HeaderNames;
import io.helidon.http.SetCookie;
import io.helidon.webserver.http.ServerRequest;

/** The language of the pages of a flow. */
final class FlowLanguage {
    /** The language of the page that began, for the page at the end. */
    private static final String COOKIE = "latchkey-lang";

    private FlowLanguage() {}

    /** As requested by our own page in the URL; at the provider's callback, as stored when the flow began. */
    static Language of(ServerRequest request) {
        return request.query()
                .first("lang")
                .asOptional()
                .or(() -> request.headers().cookies().first(COOKIE).asOptional())
                .flatMap(Language::named)
                .orElseGet(() -> Language.accepted(
                        request.headers().first(HeaderNames.ACCEPT_LANGUAGE).orElse("")));
    }

    static SetCookie cookie(Language language, boolean secure) {
        return SetCookie.builder(COOKIE, language.tag())
                .path(Links.at("/oauth"))
                .httpOnly(true)
                .secure(secure)
                .sameSite(SetCookie.SameSite.LAX)
                .maxAge(FlowCookie.LIFETIME)
                .build();
    }
}
