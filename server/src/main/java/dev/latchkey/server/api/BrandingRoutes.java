package dev.latchkey.server.api;

import dev.latchkey.server.environments.Branding;
import dev.latchkey.server.environments.Branding.Scheme;
import dev.latchkey.server.environments.Branding.Texts;
import dev.latchkey.server.environments.Branding.Theme;
import dev.latchkey.server.environments.Brandings;
import dev.latchkey.server.environments.Color;
import dev.latchkey.server.environments.Language;
import dev.latchkey.server.environments.Logo;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Json;
import io.helidon.http.Method;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /environment/branding}: how the pages look that the environment's end users see. */
public final class BrandingRoutes {
    private static final List<String> LANGUAGES = Stream.concat(
                    Stream.of(Branding.ANY_LANGUAGE),
                    Stream.of(Language.values()).map(Language::tag))
            .toList();

    private final Brandings brandings;
    private final URI publicUrl;

    public BrandingRoutes(Brandings brandings, URI publicUrl) {
        this.brandings = brandings;
        this.publicUrl = publicUrl;
    }

    public void register(Router router) {
        router.backend(
                Method.GET,
                "/environment/branding",
                "environment:settings:read",
                call -> Router.Response.ok(json(call.withoutQuery().environmentId())));
        router.backend(Method.PATCH, "/environment/branding", "environment:settings:update", this::update);
    }

    /** Absent members keep their value; null resets to our own. */
    private Router.Response update(Router.Call call) {
        Query query = call.query();
        boolean dryRun = query.flag("dry_run");
        query.end();
        Body body = call.body().nullable("product_name", "theme", "colors", "texts", "logo", "logo_dark");
        UUID environment = call.environmentId();
        Branding before = brandings.of(environment);
        Optional<String> name = body.text("product_name").map(String::strip).filter(text -> !text.isEmpty());
        name.filter(text -> text.length() > Branding.LONGEST_NAME)
                .ifPresent(text ->
                        body.problem("too_big", "at most " + Branding.LONGEST_NAME + " characters", "product_name"));
        Optional<Theme> theme = body.text("theme").flatMap(text -> {
            Optional<Theme> known = theme(text);
            if (known.isEmpty()) {
                body.problem("invalid_value", "must be light, dark or system", "theme");
            }
            return known;
        });
        Optional<Boolean> watermark = body.flag("show_watermark");
        Map<String, Color> colors = new LinkedHashMap<>();
        body.child("colors")
                .ifPresent(child -> List.of("light", "dark")
                        .forEach(scheme -> child.nullable(scheme)
                                .text(scheme)
                                .ifPresent(text -> Color.parse(text)
                                        .ifPresentOrElse(
                                                color -> colors.put(scheme, color),
                                                () -> child.problem(
                                                        "invalid_format",
                                                        "must be a colour such as #3046C8",
                                                        scheme)))));
        Map<String, Texts> texts = new LinkedHashMap<>(before.texts());
        body.child("texts").ifPresent(child -> texts(child, texts));
        Map<Scheme, Optional<Logo>> logos = new LinkedHashMap<>();
        logo(body, "logo", Scheme.LIGHT, logos);
        logo(body, "logo_dark", Scheme.DARK, logos);
        body.end();
        Branding changed = new Branding(
                absent(body, "product_name") ? before.productName() : name,
                theme.orElse(isNull(body, "theme") ? Branding.OURS.theme() : before.theme()),
                color(body, colors, "light", before.lightColor(), Branding.OURS.lightColor()),
                color(body, colors, "dark", before.darkColor(), Branding.OURS.darkColor()),
                watermark.orElse(before.watermark()),
                isNull(body, "texts") ? Map.of() : Map.copyOf(texts),
                before.logos());
        if (dryRun) {
            return Router.Response.ok(json(environment, brandings.rehearse(call.actor(), environment, changed, logos)));
        }
        brandings.update(call.actor(), environment, changed, logos);
        return Router.Response.ok(json(environment));
    }

    private static Optional<Theme> theme(String text) {
        return List.of(Theme.values()).stream()
                .filter(one -> one.name().toLowerCase(Locale.ROOT).equals(text))
                .findFirst();
    }

    private static Color color(Body body, Map<String, Color> given, String scheme, Color before, Color ours) {
        JsonNode all = body.json().get("colors");
        boolean back = isNull(body, "colors") || all != null && all.path(scheme).isNull();
        return Optional.ofNullable(given.get(scheme)).orElse(back ? ours : before);
    }

    /** A language's texts replace those that it had. */
    private static void texts(Body child, Map<String, Texts> texts) {
        for (String language : LANGUAGES) {
            if (child.json().path(language).isNull()) {
                child.allow(language);
                texts.remove(language);
                continue;
            }
            child.child(language).ifPresent(one -> {
                Texts given = new Texts(text(one, "title"), text(one, "intro"), text(one, "done"));
                if (given.isEmpty()) {
                    texts.remove(language);
                } else {
                    texts.put(language, given);
                }
            });
        }
    }

    private static Optional<String> text(Body body, String name) {
        Optional<String> text = body.text(name).map(String::strip).filter(it -> !it.isEmpty());
        text.filter(it -> it.length() > Branding.LONGEST_TEXT)
                .ifPresent(it -> body.problem("too_big", "at most " + Branding.LONGEST_TEXT + " characters", name));
        return text;
    }

    private static void logo(Body body, String name, Scheme scheme, Map<Scheme, Optional<Logo>> logos) {
        if (isNull(body, name)) {
            body.allow(name);
            logos.put(scheme, Optional.empty());
            return;
        }
        body.text(name)
                .ifPresent(text -> DataUrl.logo(text)
                        .ifPresentOrElse(
                                logo -> logos.put(scheme, Optional.of(logo)),
                                () -> body.problem("invalid_format", DataUrl.RULE, name)));
    }

    private static boolean absent(Body body, String name) {
        return !body.json().has(name);
    }

    private static boolean isNull(Body body, String name) {
        return body.json().has(name) && body.json().get(name).isNull();
    }

    private ObjectNode json(UUID environment) {
        return json(environment, brandings.of(environment));
    }

    private ObjectNode json(UUID environment, Branding branding) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("product_name", branding.productName().orElse(null))
                .put("theme", branding.theme().name().toLowerCase(Locale.ROOT));
        json.putObject("colors")
                .put("light", branding.lightColor().hex())
                .put("dark", branding.darkColor().hex());
        json.put("show_watermark", branding.watermark());
        ObjectNode texts = json.putObject("texts");
        branding.texts().forEach((language, one) -> {
            ObjectNode node = texts.putObject(language);
            one.title().ifPresent(text -> node.put("title", text));
            one.intro().ifPresent(text -> node.put("intro", text));
            one.done().ifPresent(text -> node.put("done", text));
        });
        json.put("logo_url", address(environment, branding, Scheme.LIGHT))
                .put("logo_dark_url", address(environment, branding, Scheme.DARK));
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.set("data", json);
        return body;
    }

    private @org.jspecify.annotations.Nullable String address(UUID environment, Branding branding, Scheme scheme) {
        return Optional.ofNullable(branding.logos().get(scheme))
                .map(logo -> publicUrl + "/connect/logos/" + environment + "/" + logo.name())
                .orElse(null);
    }
}
