package dev.latchkey.server.dashboard;

import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.connectui.ConnectPages;
import dev.latchkey.server.environments.Branding;
import dev.latchkey.server.environments.Branding.Scheme;
import dev.latchkey.server.environments.Branding.Texts;
import dev.latchkey.server.environments.Branding.Theme;
import dev.latchkey.server.environments.Brandings;
import dev.latchkey.server.environments.Color;
import dev.latchkey.server.environments.Language;
import dev.latchkey.server.environments.Logo;
import dev.latchkey.server.pages.Links;
import dev.latchkey.server.pages.Pages;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.team.Role.Permission;
import java.net.URI;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** How the Connect UI of an environment looks. */
public final class BrandingPages {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();

    private final Brandings brandings;
    private final ConnectPages connectPages;
    private final URI publicUrl;

    BrandingPages(Brandings brandings, ConnectPages connectPages, URI publicUrl) {
        this.brandings = brandings;
        this.connectPages = connectPages;
        this.publicUrl = publicUrl;
    }

    /** @param language its tag, or {@link Branding#ANY_LANGUAGE} */
    public record Spoken(String language, String name, Texts texts) {}

    public record BrandingPage(
            Branding branding,
            Optional<String> logo,
            Optional<String> darkLogo,
            List<Spoken> spoken,
            List<ApiExample> examples) {}

    void register(DashboardRouter router) {
        router.page("/dashboard/{env}/branding", Permission.VIEW, this::page);
        router.page("/dashboard/{env}/branding/preview", Permission.VIEW, this::preview);
        router.largeAction("/dashboard/{env}/branding", "PATCH /environment/branding", Permission.CHANGE, this::save);
    }

    private Reply page(Visit visit) {
        Branding branding = brandings.of(visit.environmentId());
        String url = publicUrl + "/environment/branding";
        List<Spoken> spoken = new ArrayList<>();
        spoken.add(spoken(branding, Branding.ANY_LANGUAGE, "Every language"));
        Stream.of(Language.values()).forEach(one -> spoken.add(spoken(branding, one.tag(), one.ownName())));
        return Reply.html(TEMPLATES.branding(
                visit.frame("Connect UI", "branding"),
                new BrandingPage(
                        branding,
                        address(visit, branding, Scheme.LIGHT),
                        address(visit, branding, Scheme.DARK),
                        spoken,
                        List.of(
                                ApiExample.of("Read it", "GET", url),
                                ApiExample.of("Change it", "PATCH", url)
                                        .with(
                                                "{\"product_name\": \"Acme\", \"theme\": \"system\", \"colors\": {\"light\": \"#0B6E4F\", \"dark\": \"#7BE0B5\"}, \"texts\": {\"default\": {\"title\": \"Connect your tools\"}}}"),
                                ApiExample.of("Set the logo", "PATCH", url)
                                        .with("{\"logo\": \"data:image/svg+xml;base64,...\"}")))));
    }

    private static Spoken spoken(Branding branding, String language, String name) {
        return new Spoken(language, name, branding.texts().getOrDefault(language, Texts.NONE));
    }

    private static Optional<String> address(Visit visit, Branding branding, Scheme scheme) {
        return Optional.ofNullable(branding.logos().get(scheme))
                .map(logo -> Links.at(
                        "/connect/logos/" + visit.environmentId() + "/" + PercentEncoding.encode(logo.name())));
    }

    private Reply preview(Visit visit) {
        Pages.ownFrameHeaders(visit.response());
        String theme =
                visit.query("theme").filter(List.of("light", "dark")::contains).orElse("light");
        visit.response()
                .send(connectPages
                        .preview(
                                visit.environmentId(),
                                theme,
                                visit.query("lang").flatMap(Language::named).orElse(Language.EN))
                        .render());
        return new Reply.Answered();
    }

    private Reply save(Visit visit) {
        String back = visit.at("/branding");
        Branding before = brandings.of(visit.environmentId());
        Optional<Color> light = Color.parse(visit.field("light_color"));
        Optional<Color> dark = Color.parse(visit.field("dark_color"));
        if (light.isEmpty() || dark.isEmpty()) {
            return Reply.see(back, "!A colour is written like #3046C8.");
        }
        Map<String, Texts> texts = texts(visit);
        if (visit.filled("product_name")
                .filter(name -> name.length() > Branding.LONGEST_NAME)
                .isPresent()) {
            return Reply.see(back, "!The name has at most " + Branding.LONGEST_NAME + " characters.");
        }
        if (texts.values().stream()
                .flatMap(one -> Stream.of(one.title(), one.intro(), one.done()))
                .flatMap(Optional::stream)
                .anyMatch(text -> text.length() > Branding.LONGEST_TEXT)) {
            return Reply.see(back, "!Each text has at most " + Branding.LONGEST_TEXT + " characters.");
        }
        Optional<Map<Scheme, Optional<Logo>>> logos = logos(visit);
        if (logos.isEmpty()) {
            return Reply.see(
                    back, "!The logo must be a PNG, JPEG, WebP or SVG of at most " + Logo.MAX_BYTES / 1024 + " KiB.");
        }
        brandings.update(
                visit.actor(),
                visit.environmentId(),
                new Branding(
                        visit.filled("product_name"),
                        Stream.of(Theme.values())
                                .filter(one ->
                                        one.name().toLowerCase(Locale.ROOT).equals(visit.field("theme")))
                                .findFirst()
                                .orElse(before.theme()),
                        light.get(),
                        dark.get(),
                        visit.checked("watermark"),
                        Map.copyOf(texts),
                        before.logos()),
                logos.get());
        return Reply.see(back, "Saved.");
    }

    private static Map<String, Texts> texts(Visit visit) {
        Map<String, Texts> texts = new LinkedHashMap<>();
        Stream.concat(
                        Stream.of(Branding.ANY_LANGUAGE),
                        Stream.of(Language.values()).map(Language::tag))
                .forEach(language -> {
                    Texts given = new Texts(
                            text(visit, language, "title"),
                            text(visit, language, "intro"),
                            text(visit, language, "done"));
                    if (!given.isEmpty()) {
                        texts.put(language, given);
                    }
                });
        return texts;
    }

    /** The logos that change, an absent one to be deleted. Empty if one is not an image that a page can show. */
    private static Optional<Map<Scheme, Optional<Logo>>> logos(Visit visit) {
        Map<Scheme, Optional<Logo>> logos = new LinkedHashMap<>();
        for (Scheme scheme : Scheme.values()) {
            String name = scheme == Scheme.LIGHT ? "logo" : "logo_dark";
            if (visit.checked(name + "_delete")) {
                logos.put(scheme, Optional.empty());
            }
            if (visit.filled(name).isPresent()) {
                Optional<Logo> logo = logo(visit.field(name));
                if (logo.isEmpty()) {
                    return Optional.empty();
                }
                logos.put(scheme, logo);
            }
        }
        return Optional.of(logos);
    }

    private static Optional<String> text(Visit visit, String language, String name) {
        return visit.filled("text." + language + "." + name);
    }

    /** As the page's script made it of the chosen file. */
    private static Optional<Logo> logo(String dataUrl) {
        try {
            return Logo.of(Base64.getMimeDecoder().decode(dataUrl.substring(dataUrl.indexOf(',') + 1)));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
