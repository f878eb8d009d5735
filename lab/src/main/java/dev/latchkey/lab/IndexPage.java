package dev.latchkey.lab;

import static dev.latchkey.lab.Page.escape;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Provider;
import java.net.URI;
import java.util.Collection;
import java.util.stream.Collectors;

/** What the lab plays. */
final class IndexPage {
    private final URI base;
    private final Page page;

    IndexPage(URI base) {
        this.base = base;
        this.page = new Page(base);
    }

    String html(Collection<Provider> providers) {
        String cards = providers.stream().map(this::card).collect(Collectors.joining());
        return page.html("Provider lab", "Latchkey's provider lab: vendors played offline", """
                <h1>Provider lab</h1>
                <p>Each provider is played from its own definition: its consent page, its token endpoint, its API.
                Nothing leaves this machine, and the credentials open nothing outside the lab.</p>
                %s""".formatted(cards));
    }

    private String card(Provider provider) {
        return """
                <section><h2>%s</h2>
                <p><code>%s</code> · %s</p>
                <p><a href="%s/lab/api/%s/events">Last requests</a> · <a href="%s" rel="noreferrer">Vendor's documentation</a></p>
                </section>
                """.formatted(
                        escape(provider.name()),
                        escape(provider.id()),
                        use(provider),
                        escape(base.getRawPath()),
                        escape(provider.id()),
                        escape(provider.docs().toString()));
    }

    private String use(Provider provider) {
        return switch (provider.auth()) {
            case Auth.OAuth2Code code ->
                "app <code>" + escape(LabApp.of(provider.id()).clientId()) + "</code>";
            case Auth.OAuth2Client client -> "any client id and secret, unless it contains “wrong”";
            case Auth.ApiKey key -> "any key, unless it contains “wrong”";
            case Auth.Basic basic -> "any user name and password, unless it contains “wrong”";
            case Auth.NoAuth none -> "no credential";
            case Auth.OAuth1 oauth1 ->
                "app <code>" + escape(LabApp.of(provider.id()).clientId()) + "</code>";
            case Auth.AppInstallation app ->
                "app <code>" + escape(LabApp.of(provider.id()).clientId()) + "</code>";
            case Auth.AwsRole role ->
                "any role, unless it contains “wrong”; it trusts the first external id that comes with it";
            case Auth.Exchange exchange -> account(provider);
            case Auth.Entered _ -> account(provider);
            case Auth.Mcp _, Auth.PluginInstall _ -> "not played yet";
        };
    }

    private String account(Provider provider) {
        return "<a href=\"" + escape(base.getRawPath()) + "/lab/api/" + escape(provider.id())
                + "/account\">what to type</a>";
    }
}
