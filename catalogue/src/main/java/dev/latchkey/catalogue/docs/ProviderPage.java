package dev.latchkey.catalogue.docs;

import dev.latchkey.catalogue.model.Api;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthMode;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Verification;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** One provider's page: how an app is registered, what users are asked, which scopes there are, and what is peculiar. */
final class ProviderPage {
    private final Provider provider;
    private final StringBuilder text = new StringBuilder();

    ProviderPage(Provider provider) {
        this.provider = provider;
    }

    String text() {
        line("# " + provider.name());
        line("");
        line("`" + provider.id() + "` · " + kind(provider.auth()) + " (`" + AuthMode.of(provider.auth()) + "`) · "
                + String.join(", ", provider.tags()));
        line("");
        List<String> links = new ArrayList<>();
        provider.site().ifPresent(site -> links.add("[" + site.getHost() + "](" + site + ")"));
        links.add("[the page that this definition was written from](" + provider.docs() + ")");
        provider.help().ifPresent(help -> links.add("[help for whoever connects](" + help + ")"));
        line(String.join(" · ", links));
        setup();
        fields();
        scopes();
        credential();
        api();
        return text.toString();
    }

    private void setup() {
        Provider.Setup setup = SetupSteps.of(provider);
        line("\n## Set up\n");
        int number = 1;
        for (String step : setup.steps()) {
            line(number++ + ". " + step.replace(Provider.Setup.CALLBACK, "`<public URL>/oauth/callback`"));
        }
        setup.page().ifPresent(page -> line("\n[The vendor's page](" + page + ")"));
    }

    private void fields() {
        if (provider.fields().isEmpty()) {
            return;
        }
        line("\n## Values\n");
        line("| name | who gives it | what it is |");
        line("|---|---|---|");
        provider.fields()
                .values()
                .forEach(field -> line("| `" + field.id() + "` | " + who(field) + " | " + what(field) + " |"));
    }

    private static String who(Field field) {
        if (field.fixed().isPresent()) {
            return "fixed";
        }
        String must = field.required() ? "" : ", if wanted";
        return switch (field.source().orElse(null)) {
            case Field.Source.Callback callback -> "the callback";
            case Field.Source.Token token -> "the token's answer";
            case Field.Source.AfterConnectStep step -> "a call after connecting";
            case Field.Source.Generated made -> "Latchkey";
            case null ->
                switch (field.scope()) {
                    case INTEGRATION -> "whoever runs the product" + must;
                    case SECRET -> "the user" + must + "; encrypted";
                    case ONCE -> "the user" + must + "; not stored";
                    case CONNECTION -> "the user" + must;
                };
        };
    }

    private static String what(Field field) {
        List<String> parts = new ArrayList<>();
        field.title().ifPresent(title -> parts.add(title + "."));
        field.description().ifPresent(parts::add);
        field.example()
                .ifPresent(example -> parts.add("Such as `" + field.prefix().orElse("") + example
                        + field.suffix()
                                .filter(suffix -> !example.endsWith(suffix))
                                .orElse("") + "`."));
        if (!field.choices().isEmpty()) {
            parts.add("One of `" + String.join("`, `", field.choices()) + "`.");
        }
        field.defaultValue().ifPresent(value -> parts.add("`" + value + "` where nothing is given."));
        return String.join(" ", parts).replace("|", "\\|");
    }

    private void scopes() {
        Auth.Scopes scopes = scopesOf(provider.auth());
        if (scopes.known().isEmpty() && scopes.defaults().isEmpty()) {
            return;
        }
        line("\n## Scopes\n");
        if (!scopes.defaults().isEmpty()) {
            line("Always asked for: " + codes(scopes.defaults()) + ".\n");
        }
        for (Auth.KnownScope scope : scopes.known()) {
            line("- `" + scope.name() + "`"
                    + scope.description().map(words -> ": " + words).orElse(""));
        }
        line("\n[All scopes, at the vendor's](" + scopes.docs().orElse(provider.docs()) + ")");
    }

    static Auth.Scopes scopesOf(Auth auth) {
        return switch (auth) {
            case Auth.OAuth2Code code -> code.authorize().scope();
            case Auth.OAuth2Client client -> client.scope();
            case Auth.OAuth1 oauth1 -> oauth1.authorize().scope();
            case Auth.Mcp mcp ->
                mcp.known().map(code -> code.authorize().scope()).orElse(Auth.Scopes.NONE);
            default -> Auth.Scopes.NONE;
        };
    }

    private void credential() {
        line("\n## Credential\n");
        Peculiarities.of(provider).forEach(sentence -> line("- " + sentence));
        switch (provider.verification()) {
            case Verification.Probe probe ->
                line("- Proven when connecting by "
                        + probe.calls().stream().map(ProviderPage::request).collect(Collectors.joining(" or ")) + ".");
            case Verification.Sql sql -> line("- Proven when connecting by `" + sql.statement() + "`.");
            case Verification.Command command -> line("- Proven when connecting by `" + command.command() + "`.");
            case Verification.None none -> {}
        }
        provider.onDelete()
                .ifPresent(
                        call -> line("- Ended at the vendor's when the connection is deleted: " + request(call) + "."));
    }

    private void api() {
        Api api = provider.api();
        if (api.base().isEmpty()) {
            return;
        }
        line("\n## API\n");
        line("- Address: " + addresses(api.base().get()));
        api.headers().forEach((name, value) -> line("- Header `" + name + ": " + source(value) + "`"));
        api.query().forEach((name, value) -> line("- Parameter `" + name + "=" + source(value) + "`"));
        if (!api.retry().on().isEmpty()) {
            line("- Tried again after " + String.join(", ", api.retry().on())
                    + (api.retry().after().isEmpty()
                            ? ""
                            : ", when " + codes(api.retry().after()) + " says")
                    + (api.retry().at().isEmpty()
                            ? ""
                            : ", at " + codes(api.retry().at()))
                    + api.retry()
                            .remaining()
                            .map(header -> "; `" + header + "` tells what is left")
                            .orElse("") + ".");
        }
        api.page().ifPresent(page -> line("- Pages: " + page(page) + "."));
    }

    private static String page(Api.Page page) {
        String style = switch (page.style()) {
            case Api.Page.Style.Cursor cursor -> "`" + cursor.from().text() + "` goes into `" + cursor.to() + "`";
            case Api.Page.Style.Link link ->
                link.from()
                        .map(path -> "the address at `" + path.text() + "`")
                        .orElseGet(() -> "the Link header's `" + link.rel().orElse("next") + "`");
            case Api.Page.Style.Offset offset -> "`" + offset.to() + "` counts";
        };
        return style
                + page.limit().map(limit -> ", `" + limit + "` limits").orElse("")
                + page.items().map(items -> ", items at `" + items.text() + "`").orElse("");
    }

    static String request(Call call) {
        return "`" + call.method() + " "
                + call.url().alternatives().stream()
                        .map(Template::source)
                        .collect(Collectors.joining("` or `" + call.method() + " "))
                + "`";
    }

    static String addresses(Text url) {
        return url.alternatives().stream()
                .map(template -> "`" + template.source() + "`")
                .collect(Collectors.joining(" or "));
    }

    static String codes(List<String> names) {
        return names.stream().map(name -> "`" + name + "`").collect(Collectors.joining(", "));
    }

    private static String source(Text value) {
        return value.alternatives().stream().map(Template::source).collect(Collectors.joining("` or `"));
    }

    static String codes(Map<String, Text> values) {
        return values.entrySet().stream()
                .map(entry -> "`" + entry.getKey() + "=" + source(entry.getValue()) + "`")
                .collect(Collectors.joining(", "));
    }

    /** In words. */
    static String kind(Auth auth) {
        return switch (auth) {
            case Auth.OAuth2Code code -> "OAuth 2.0";
            case Auth.OAuth2Client client -> "OAuth 2.0 client credentials";
            case Auth.OAuth1 oauth1 -> "OAuth 1.0a";
            case Auth.OAuth1Static fixed -> "OAuth 1.0a with issued tokens";
            case Auth.ApiKey key -> "API key";
            case Auth.Basic basic -> "user and password";
            case Auth.NoAuth none -> "nothing";
            case Auth.SignedToken token -> "signed token";
            case Auth.Exchange exchange -> "exchange of secrets";
            case Auth.AppInstallation app -> "app installation";
            case Auth.AwsRole role -> "AWS role";
            case Auth.Mcp mcp -> "MCP";
            case Auth.PluginInstall plugin -> "plug-in installation";
            case Auth.Datastore datastore -> "connection string";
        };
    }

    private void line(String line) {
        text.append(line).append('\n');
    }

    static String lower(Enum<?> word) {
        return word.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
