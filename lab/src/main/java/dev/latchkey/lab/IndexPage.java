package dev.latchkey.lab;

import static dev.latchkey.lab.Page.escape;

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
                        escape(provider.about().docs().toString()));
    }

    /** @param app, account what a text may mention: the registered app, and the page with what to type */
    record Card(String app, String account) {}

    private String use(Provider provider) {
        String app = "app <code>" + escape(LabApp.of(provider.id()).clientId()) + "</code>";
        return Parts.of(provider.auth()).use(new Card(app, account(provider)));
    }

    private String account(Provider provider) {
        return "<a href=\"" + escape(base.getRawPath()) + "/lab/api/" + escape(provider.id())
                + "/account\">what to type</a>";
    }
}
