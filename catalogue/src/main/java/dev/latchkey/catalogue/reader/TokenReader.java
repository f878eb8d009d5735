package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Auth.Expiry;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.TokenErrors;
import dev.latchkey.catalogue.model.TokenShape;
import dev.latchkey.catalogue.template.JsonPath;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads what a token response contains, and how long its tokens work. */
final class TokenReader {
    private TokenReader() {}

    static TokenShape read(Section section) {
        return section.map("token", TokenReader::shape).orElse(TokenShape.STANDARD);
    }

    static TokenShape shape(Section section) {
        TokenShape standard = TokenShape.STANDARD;
        return new TokenShape(
                section.path("root"),
                section.paths("access", standard.access()),
                section.paths("refresh", standard.refresh()),
                lifetime(section),
                section.flag("keep_refresh", false),
                section.flag("keep_access", false),
                section.map("errors", TokenReader::errors).orElse(TokenErrors.NONE));
    }

    private static TokenShape.Lifetime lifetime(Section section) {
        TokenShape.Lifetime standard = TokenShape.Lifetime.STANDARD;
        return new TokenShape.Lifetime(
                section.paths("expires_in", standard.expiresIn()),
                section.paths("expires_at", standard.expiresAt()),
                switch (section.choice("unit", "s", "ms", "min")) {
                    case "ms" -> Duration.ofMillis(1);
                    case "min" -> Duration.ofMinutes(1);
                    default -> Duration.ofSeconds(1);
                },
                section.duration("ttl"),
                section.paths("refresh_expires_in", standard.refreshExpiresIn()));
    }

    private static TokenErrors errors(Section section) {
        return new TokenErrors(
                section.texts("rejected"),
                section.texts("transient"),
                section.texts("misconfigured"),
                ErrorSignReader.ofToken(section));
    }

    static Expiry expiry(Section section) {
        return section.map(
                        "expiry",
                        one -> new Expiry(
                                one.duration("buffer").orElse(Expiry.STANDARD.buffer()),
                                one.duration("keep_alive").orElse(Expiry.STANDARD.keepAlive()),
                                one.duration("refresh_ttl"),
                                one.map(
                                        "introspect",
                                        probe -> new Auth.Introspect(
                                                CallReader.read(probe, Call.Method.POST),
                                                probe.path("active").orElse(JsonPath.parse("active")),
                                                probe.path("exp").orElse(JsonPath.parse("exp")))),
                                one.duration("grace")))
                .orElse(Expiry.STANDARD);
    }

    /** {@code config.teamId: token.team.id}: the path without its root. */
    static Map<String, JsonPath> learn(Section section) {
        Map<String, JsonPath> found = new LinkedHashMap<>();
        section.section("learn")
                .ifPresent(all -> all.keys().forEach(name -> {
                    String from = all.required(name);
                    if (!name.startsWith("config.") || !from.startsWith("token.")) {
                        all.problem(name, "write config.name: token.path");
                        return;
                    }
                    all.guarded(name, () -> JsonPath.parse(from.substring("token.".length())))
                            .ifPresent(path -> found.put(name.substring("config.".length()), path));
                }));
        return java.util.Collections.unmodifiableMap(found);
    }

    /** {@code userId: user.id}, as well as {@code config.userId: token.user.id}. */
    static Map<String, JsonPath> learnFromExchange(Section section) {
        Map<String, JsonPath> found = new LinkedHashMap<>();
        section.pathsByName("learn")
                .forEach((name, path) -> found.put(
                        name.replaceFirst("^config\\.", ""),
                        path.text().startsWith("token.")
                                ? JsonPath.parse(path.text().substring("token.".length()))
                                : path));
        return java.util.Collections.unmodifiableMap(found);
    }
}
