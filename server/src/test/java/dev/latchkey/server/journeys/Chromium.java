package dev.latchkey.server.journeys;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Debian's Chromium, headless, that talks to this machine only. One driver and one browser serve all tests of a JVM, which run one after
 * the other: starting them again for each test takes longer than most tests, and each start is one more that can fail on a busy machine.
 * They end with the JVM, whose pipe the driver reads. Not thread-safe.
 */
public final class Chromium implements AutoCloseable {
    private static final double PATIENCE = 60_000;
    private static final Path SCREENSHOTS = Path.of("target/screenshots");
    private static Optional<Browser> running = Optional.empty();

    private final List<BrowserContext> contexts = new ArrayList<>();
    private final Browser browser;

    public Chromium() {
        browser = running.filter(Browser::isConnected).orElseGet(Chromium::start);
        running = Optional.of(browser);
    }

    private static Browser start() {
        PlaywrightAssertions.setDefaultAssertionTimeout(PATIENCE);
        return Playwright.create(new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")))
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(executable())
                        .setArgs(List.of(
                                "--no-sandbox",
                                // A container's /dev/shm may hold no more than 64 MB; a page that needs more would
                                // crash.
                                "--disable-dev-shm-usage",
                                "--disable-gpu",
                                "--disable-quic",
                                "--no-first-run",
                                "--disable-background-networking",
                                "--disable-component-update",
                                "--disable-sync",
                                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1")));
    }

    public BrowserContext context() {
        return context(new Browser.NewContextOptions());
    }

    public BrowserContext context(Browser.NewContextOptions options) {
        BrowserContext context = browser.newContext(options);
        // A busy machine is slow, and that is no fault of the page.
        context.setDefaultTimeout(PATIENCE);
        contexts.add(context);
        return context;
    }

    /** Kept as build output, to be looked at. */
    public static void picture(Page page, String name) {
        page.screenshot(new Page.ScreenshotOptions()
                .setPath(SCREENSHOTS.resolve(name + ".png"))
                .setFullPage(true));
    }

    private static Path executable() {
        // The shell is the same engine without windows, which are not visible here: tests take a third of the time.
        return Stream.of(
                        "/usr/bin/chromium-headless-shell",
                        "/usr/bin/chromium",
                        "/usr/bin/chromium-browser",
                        "/usr/bin/google-chrome")
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        "Chromium is not installed: run `apt-get install chromium-headless-shell`"));
    }

    /** Its contexts, with their pages and cookies; the browser keeps running. */
    @Override
    public void close() {
        contexts.forEach(BrowserContext::close);
    }
}
