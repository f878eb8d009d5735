package dev.latchkey.server.journeys;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.connectui.Phrases;
import dev.latchkey.server.environments.Language;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Each language of the Connect UI on a phone: its letters have glyphs, its texts fit, and it runs from its own side. */
class LanguagesTest {
    private static Latchkey latchkey;
    private static Chromium chromium;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start();
        for (String provider : List.of("github", "slack", "postgres")) {
            latchkey.labIntegration(provider, provider);
        }
        chromium = new Chromium();
    }

    @AfterAll
    static void stop() {
        chromium.close();
        latchkey.close();
    }

    private static Page page() {
        BrowserContext context = chromium.context(
                new Browser.NewContextOptions().setViewportSize(360, 800).setLocale("en-US"));
        return context.newPage();
    }

    private static String link(List<String> integrations) {
        String allowed = integrations.isEmpty()
                ? ""
                : ", \"allowed_integrations\": [\"" + String.join("\",\"", integrations) + "\"]";
        return latchkey.call("POST", "/connect/sessions", """
                        {"end_user": {"id": "u1"}%s}""".formatted(allowed), 201)
                .at("/data/connect_link")
                .asString();
    }

    /** What is drawn in place of a letter that no font has. */
    private static final String BOXES = """
            (letters) => {
              const canvas = Object.assign(document.createElement('canvas'), { width: 40, height: 40 });
              const pen = canvas.getContext('2d', { willReadFrequently: true });
              pen.font = `24px ${getComputedStyle(document.body).fontFamily}`;
              const drawn = (letter) => {
                pen.clearRect(0, 0, 40, 40);
                pen.fillText(letter, 8, 28);
                return pen.getImageData(0, 0, 40, 40).data.join();
              };
              const nothing = drawn(' ');
              const box = drawn('\\u{10fffd}');
              return [...letters].filter((letter) => [nothing, box].includes(drawn(letter))).join('');
            }""";

    /** What is wider than its place, and what takes more lines than it may. */
    private static final String TOO_LONG = """
            () => {
              const seen = [...document.querySelectorAll('.sheet *')].filter((one) => one.checkVisibility() && !one.closest('.unseen, svg, select, input, textarea'));
              const lines = (one) => one.getBoundingClientRect().height / parseFloat(getComputedStyle(one).lineHeight);
              return [
                ...seen.filter((one) => one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1),
                ...seen.filter((one) => one.matches('h1, h2') && lines(one) > 3.5),
                ...seen.filter((one) => one.matches('.button.wide') && one.offsetHeight > 76),
                ...seen.filter((one) => one.matches('.foot') && one.offsetHeight > 64),
              ].map((one) => one.outerHTML.slice(0, 200)).join(' | ');
            }""";

    @Test
    void everyLanguageIsDrawnFitsAPhoneAndRunsItsWay() {
        Page page = page();
        for (List<String> integrations : List.of(List.<String>of(), List.of("github"), List.of("postgres"))) {
            Confirmed.open(page, link(integrations));
            for (Language language : Language.values()) {
                String name = language + " " + integrations;
                page.locator("[data-language]").selectOption(language.tag());
                assertThat(page.locator("html")).hasAttribute("lang", language.tag());
                assertThat(page.locator("html")).hasAttribute("dir", language.direction());
                Accessibility.settle(page);
                assertThat(page.evaluate(TOO_LONG)).as(name).isEqualTo("");
                double middle = page.locator(".language").boundingBox().x
                        + page.locator(".language").boundingBox().width / 2;
                assertThat(middle > 180)
                        .as(name + " has its beginning at " + middle)
                        .isEqualTo(language == Language.AR);
                String mirrored = String.valueOf(
                        page.locator(".icon.points").first().evaluate("(one) => getComputedStyle(one).scale"));
                assertThat(mirrored).as(name).isEqualTo(language == Language.AR ? "-1 1" : "none");
                if (integrations.contains("postgres")) {
                    assertThat(page.locator("[name=host]")).hasCSS("direction", "ltr");
                }
                Chromium.picture(page, "connect-language-" + String.join("", integrations) + "-" + language.tag());
            }
        }
    }

    @Test
    void eachLetterOfEachLanguageHasAGlyph() {
        Page page = page();
        page.navigate(latchkey.address + "/connect/");
        assertThat(page.evaluate(BOXES, "a\udbff\udffc")).isEqualTo("\udbff\udffc");
        for (Language language : Language.values()) {
            assertThat(page.evaluate(BOXES, letters(language)))
                    .as("letters of %s that no font has: install fonts-noto-cjk and fonts-noto-core", language)
                    .isEqualTo("");
        }
    }

    private static String letters(Language language) {
        Phrases phrases = Phrases.of(language);
        return phrases.keys().stream()
                .flatMapToInt(key -> phrases.say(key).codePoints())
                .filter(Character::isLetter)
                .distinct()
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
