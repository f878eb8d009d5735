package dev.latchkey.server.connectui;

import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.environments.Branding;
import dev.latchkey.server.environments.Branding.Scheme;
import dev.latchkey.server.pages.Links;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What surrounds every screen.
 *
 * @param look colours for a script to set
 * @param back whether there is a choice to go back to
 * @param device whether it may be continued elsewhere
 */
public record Sheet(
        Phrases phrases,
        String look,
        Optional<String> product,
        Optional<String> lightLogo,
        Optional<String> darkLogo,
        boolean watermark,
        boolean back,
        boolean device) {

    public static Sheet of(Phrases phrases, UUID environment, Branding branding, boolean back, boolean device) {
        return new Sheet(
                phrases,
                Look.of(branding),
                branding.productName(),
                branding.logo(Scheme.LIGHT).map(logo -> address(environment, logo)),
                branding.logo(Scheme.DARK).map(logo -> address(environment, logo)),
                branding.watermark(),
                back,
                device);
    }

    /** Where the product is unknown. */
    static Sheet withoutSession(Phrases phrases) {
        return of(phrases, new UUID(0, 0), Branding.OURS, false, false);
    }

    /** The product has a name or logo to show. */
    public boolean isBranded() {
        return lightLogo.isPresent() || product.isPresent();
    }

    /** For a product without a logo. */
    public String initial() {
        return product.map(name -> name.substring(0, name.offsetByCodePoints(0, 1)))
                .orElse("");
    }

    public String say(String key) {
        return phrases.say(key);
    }

    public String say(String key, String place, String value) {
        return phrases.say(key, place, value);
    }

    /** What signing in at the provider's page lets the product do, if its name is known. */
    public String window(String provider) {
        return product.map(name -> phrases.fill("ask.window.product", Map.of("provider", provider, "product", name)))
                .orElseGet(() -> phrases.say("ask.window", "provider", provider));
    }

    /** Between two sentences. */
    public String gap() {
        return phrases.language().gap();
    }

    public String lang() {
        return phrases.language().tag();
    }

    /** Of the text, as HTML has it. */
    public String dir() {
        return phrases.language().direction();
    }

    /** The catalogue's own words are English, which a screen reader must know. */
    public String ofCatalogue() {
        return "en";
    }

    private static String address(UUID environment, Branding.LogoFile logo) {
        return Links.at("/connect/logos/" + environment + "/" + PercentEncoding.encode(logo.name()));
    }
}
