package dev.latchkey.lab;

import static dev.latchkey.lab.Page.escape;

import dev.latchkey.catalogue.model.Provider;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Where a user of the lab allows or denies what an app asks for. */
final class ConsentPage {
    private static final Pattern SEPARATOR = Pattern.compile("[ ,]+");

    private final Provider provider;
    private final LabApp app;
    private final Page page;

    ConsentPage(Provider provider, LabApp app, Page page) {
        this.provider = provider;
        this.app = app;
        this.page = page;
    }

    private String banner() {
        return "This is Latchkey's provider lab playing " + provider.name() + ", offline";
    }

    String consent(AuthorizationRequest asked) {
        return consent(asked.scopes());
    }

    String consent(Map<String, String> scopes) {
        return page.html("Connect to " + provider.name() + " (provider lab)", banner(), """
                <h1>Connect to %s?</h1>
                <p>The app <code>%s</code> asks for access to an account.</p>
                %s%s
                """.formatted(
                        escape(provider.name()),
                        escape(app.clientId()),
                        scopes(scopes),
                        form("<button class=\"primary\" name=\"decision\" value=\"allow\">Allow</button>")));
    }

    /** After the decision on a code from another device. */
    String typed(boolean allowed) {
        return page.html(provider.name() + " (provider lab)", banner(), """
                <h1>%s</h1>
                <p>You can go back to your device.</p>
                """.formatted(allowed ? "Allowed" : "Denied"));
    }

    /** A user who may not install an app asks an owner to do so. */
    String installation() {
        return page.html("Install at " + provider.name() + " (provider lab)", banner(), """
                <h1>Install the app at %s?</h1>
                <p>The app <code>%s</code> is to be installed in an account.</p>
                %s
                """.formatted(
                        escape(provider.name()), escape(app.clientId()), form("""
                        <button class="primary" name="decision" value="allow">Install</button>
                        <button name="decision" value="request">Ask an owner</button>""")));
    }

    /** It has no action: it is sent to the address of the page, with its query. */
    private static String form(String buttons) {
        String users = TestUser.ALL.stream()
                .map(user -> """
                        <label class="user"><input type="radio" name="user" value="%s"%s>
                        <span><b>%s</b><small>%s</small></span></label>
                        """.formatted(
                                escape(user.key()),
                                user.number() == 1 ? " checked" : "",
                                escape(user.name()),
                                escape(user.email())))
                .collect(Collectors.joining());
        return """
                <form method="post">
                <fieldset><legend>Choose an account</legend>
                %s</fieldset>
                <div class="actions">
                %s
                <button name="decision" value="deny">Deny</button>
                </div>
                </form>""".formatted(users, buttons);
    }

    private static String scopes(Map<String, String> scopes) {
        String items = new TreeMap<>(scopes)
                .entrySet().stream()
                        .flatMap(group -> SEPARATOR
                                .splitAsStream(group.getValue())
                                .filter(scope -> !scope.isEmpty())
                                .map(scope -> group.getKey().isEmpty() ? scope : scope + " (" + group.getKey() + ")"))
                        .map(scope -> "<li><code>" + escape(scope) + "</code></li>\n")
                        .collect(Collectors.joining());
        return items.isEmpty()
                ? "<p class=\"quiet\">It asks for no scopes.</p>\n"
                : "<p class=\"quiet\">It asks for these scopes:</p>\n<ul class=\"scopes\">\n" + items + "</ul>\n";
    }

    /** What a vendor shows when it must not redirect the browser (RFC 6749 section 4.1.2.1). */
    String refusal(String problem) {
        return page.html(provider.name() + " refuses (provider lab)", banner(), """
                <h1>%s refuses this request</h1>
                <p class="bad">%s</p>
                <p class="quiet">The browser is not sent back, since the app or its address cannot be trusted.</p>
                """.formatted(
                        escape(provider.name()), escape(problem)));
    }
}
