package dev.latchkey.server.connectui;

import dev.latchkey.server.connect.ConnectSession;
import dev.latchkey.server.environments.Branding;
import dev.latchkey.server.environments.Brandings;
import dev.latchkey.server.environments.Language;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.providers.Providers;
import gg.jte.models.runtime.JteModel;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Draws screens in an environment's colours and the user's language. Thread-safe. */
final class ScreenTemplates {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();

    private final Screens screens;
    private final Brandings brandings;
    private final Providers providers;
    private final URI publicUrl;

    ScreenTemplates(Screens screens, Brandings brandings, Providers providers, URI publicUrl) {
        this.screens = screens;
        this.brandings = brandings;
        this.providers = providers;
        this.publicUrl = publicUrl;
    }

    /** The whole page. @param first the screen that is in it from the beginning */
    JteModel page(Phrases phrases, String theme, boolean bySystem, Optional<JteModel> first) {
        return TEMPLATES.connectPage(phrases, theme, bySystem, publicUrl.toString(), first);
    }

    JteModel drawn(Phrases phrases, ConnectSession session, String token, Screen screen) {
        Branding branding = brandings.of(session.environment());
        boolean back = switch (screen) {
            case Screen.Ask ask -> screens.offered(session).size() > 1;
            case Screen.Device device -> true;
            case Screen.Code code -> true;
            case Screen.Confirm _ -> false;
            case Screen.Picker o -> false;
            case Screen.Done o -> false;
            case Screen.Dead o -> false;
        };
        boolean device = !token.isEmpty() && (screen instanceof Screen.Ask || screen instanceof Screen.Picker);
        Sheet sheet = Sheet.of(phrases, session.environment(), branding, back, device);
        return switch (screen) {
            case Screen.Picker picker -> TEMPLATES.connectPicker(sheet, picker);
            case Screen.Ask ask -> TEMPLATES.connectAsk(sheet, ask);
            case Screen.Done done -> TEMPLATES.connectDone(sheet, done);
            case Screen.Device it -> TEMPLATES.connectDevice(sheet, it);
            case Screen.Code code -> TEMPLATES.connectCode(sheet, code);
            case Screen.Confirm confirm -> TEMPLATES.connectConfirmScreen(sheet, confirm);
            case Screen.Dead dead -> TEMPLATES.connectDead(sheet, dead);
        };
    }

    static JteModel expired(Phrases phrases) {
        return TEMPLATES.connectDead(
                Sheet.withoutSession(phrases),
                new Screen.Dead("clock", phrases.say("expired.title"), phrases.say("expired.text")));
    }

    static JteModel stranger(Phrases phrases) {
        return TEMPLATES.connectDead(Sheet.withoutSession(phrases), Screens.dead(phrases, "shield-lock", "stranger"));
    }

    JteModel preview(UUID environment, String theme, Language language) {
        Phrases phrases = Phrases.of(language);
        Branding branding = brandings.of(environment);
        List<Screen.Choice> choices = providers.in(environment).all().stream()
                .filter(provider -> provider.about().icon().isPresent()
                        && provider.auth().facts().codeGrant().isPresent())
                .limit(5)
                .map(provider ->
                        new Screen.Choice(provider.id(), provider.name(), screens.logo(environment, provider.id()), ""))
                .toList();
        return page(
                phrases,
                theme,
                false,
                Optional.of(TEMPLATES.connectPicker(
                        Sheet.of(phrases, environment, branding, false, true),
                        Screens.picker(branding, phrases, choices))));
    }
}
