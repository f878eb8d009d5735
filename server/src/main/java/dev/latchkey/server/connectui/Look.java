package dev.latchkey.server.connectui;

import dev.latchkey.server.environments.Branding;
import dev.latchkey.server.environments.Color;
import dev.latchkey.server.json.Json;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/** A product's colours as the design's tokens, for a script to set: text on any chosen colour stays legible. */
final class Look {
    /** As base.css has them: {@code --card}. */
    private static final Color LIGHT_CARD = Color.WHITE;

    private static final Color DARK_CARD = new Color(0x14181E);
    private static final Color INK = new Color(0x0D1230);
    private static final double READABLE = 4.5;

    private Look() {}

    /** JSON: {@code theme}, and {@code tokens} by name where the colours are not our own. */
    public static String of(Branding branding) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("theme", branding.theme().name().toLowerCase(Locale.ROOT));
        ObjectNode tokens = json.putObject("tokens");
        Color light = branding.lightColor();
        Color dark = branding.darkColor();
        if (!light.equals(Branding.OURS.lightColor()) || !dark.equals(Branding.OURS.darkColor())) {
            put(tokens, "--accent", light, dark);
            put(tokens, "--on-accent", on(light), on(dark));
            put(tokens, "--accent-strong", pressed(light), pressed(dark));
            put(tokens, "--accent-ground", light.mixed(LIGHT_CARD, .9), dark.mixed(DARK_CARD, .85));
            put(tokens, "--link", light.readableOn(LIGHT_CARD, READABLE), dark.readableOn(DARK_CARD, READABLE));
        }
        return json.toString();
    }

    /** The colour of text on it. */
    static Color on(Color ground) {
        return ground.contrast(Color.WHITE) >= ground.contrast(INK) ? Color.WHITE : INK;
    }

    /** Away from the colour of the text on it, so that contrast grows. */
    private static Color pressed(Color ground) {
        return ground.mixed(on(ground).equals(Color.WHITE) ? Color.BLACK : Color.WHITE, .16);
    }

    private static void put(ObjectNode tokens, String name, Color light, Color dark) {
        tokens.put(name, "light-dark(" + light.hex() + ", " + dark.hex() + ")");
    }
}
