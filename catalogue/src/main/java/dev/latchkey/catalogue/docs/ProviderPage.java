package dev.latchkey.catalogue.docs;

import dev.latchkey.catalogue.model.Api;
import dev.latchkey.catalogue.model.Checked;
import dev.latchkey.catalogue.model.ErrorSign;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.InstallLink;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Scopes;
import dev.latchkey.catalogue.model.Sentences;
import dev.latchkey.catalogue.model.Verification;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One provider's page: how to register an app, what users enter, the scopes, and the provider's peculiarities. */
final class ProviderPage {
    private final Provider provider;
    private final StringBuilder text = new StringBuilder();

    ProviderPage(Provider provider) {
        this.provider = provider;
    }

    String text() {
        line("# " + provider.name());
        line("");
        line("`" + provider.id() + "` · " + provider.auth().facts().words() + " (`"
                + provider.auth().facts().mode() + "`) · "
                + String.join(", ", provider.about().tags()));
        line("");
        List<String> links = new ArrayList<>();
        provider.about().site().ifPresent(site -> links.add("[" + site.getHost() + "](" + site + ")"));
        links.add("[" + words() + "](" + provider.about().docs() + ")");
        provider.about().help().ifPresent(help -> links.add("[help for people who connect](" + help + ")"));
        line(String.join(" · ", links));
        checked();
        setup();
        fields();
        new UseSection(provider).lines().forEach(this::line);
        scopes();
        credential();
        api();
        provider.webhook()
                .ifPresent(webhook -> new WebhookSection(webhook).lines().forEach(this::line));
        provider.about()
                .noWebhooks()
                .ifPresent(none ->
                        line("\n## Webhooks\n\nNone. " + none.why() + " ([the vendor's page](" + none.page() + "))"));
        nango();
        return text.toString();
    }

    private void nango() {
        if (provider.nango().definition().isEmpty()
                && provider.nango().differs().isEmpty()) {
            return;
        }
        line("\n## Coming from Nango\n");
        provider.nango()
                .definition()
                .ifPresent(other -> line(
                        "- Nango means another kind of authentication by this id: that of [`" + other + "`](" + other
                                + ".md). Integrations and connections of that kind are taken under this id, too."));
        provider.nango()
                .differs()
                .forEach(one -> line("- Not as there: " + NangoDifferences.words(one) + ". " + one.why()
                        + " ([the vendor's page](" + one.page() + "))"));
    }

    /** What the page of the definition is, which may be an account by others. */
    private String words() {
        Optional<Checked> others =
                provider.about().checked().filter(checked -> checked.source() == Checked.Source.OTHERS);
        if (others.isEmpty()) {
            return "the page that this definition was written from";
        }
        return others.get().accounts().stream()
                .filter(account -> account.page().equals(provider.about().docs()))
                .findFirst()
                .map(account -> "what " + account.by() + " writes of it, from which this definition was written")
                .orElse("the vendor's documentation, which was not read itself");
    }

    private void checked() {
        provider.about().checked().ifPresent(checked -> {
            String pages =
                    checked.pages().stream().map(page -> "<" + page + ">").collect(Collectors.joining(", "));
            String accounts = checked.accounts().stream()
                    .map(account -> account.by() + " <" + account.page() + ">")
                    .collect(Collectors.joining(", "));
            line("\n"
                    + switch (checked.source()) {
                        case VENDOR -> "Compared with the vendor's pages on " + checked.on() + ": " + pages + ".";
                        case BOTH ->
                            "Compared with the vendor's pages on " + checked.on() + ": " + pages
                                    + ". For what they leave open, accounts by others were read: " + accounts + ".";
                        case OTHERS ->
                            "Read on " + checked.on() + " in accounts of the vendor's pages by others, not in the pages"
                                    + " themselves: " + accounts + ".";
                    });
            checked.note().ifPresent(note -> line("\n" + note));
        });
    }

    private void setup() {
        Provider.Setup setup = SetupSteps.of(provider);
        line("\n## Set up\n");
        int number = 1;
        for (String step : setup.steps()) {
            line(number++ + ". " + step.replace(Provider.Setup.CALLBACK, "`<public URL>/oauth/callback`"));
        }
        setup.page().ifPresent(page -> line("\n[The vendor's page](" + page + ")"));
        setup.install().ifPresent(this::install);
    }

    private void install(InstallLink link) {
        line("\nUsers may also [begin at the vendor](" + link.docs()
                + "), once the integration has an `install_return_url` ([how it"
                + " works](../flows.md#begun-at-the-vendor)):\n");
        link.steps()
                .forEach(step -> line("- "
                        + step.replace(
                                InstallLink.LINK, "`<public URL>/oauth/install/<environment id>/<integration>`")));
        line("- "
                + (link.check().isPresent()
                        ? "The vendor signs the link, which is checked."
                        : "The vendor does not sign the link.")
                + link.given().entrySet().stream()
                        .map(given -> " Its `" + given.getValue() + "` is taken as `" + given.getKey() + "`.")
                        .collect(Collectors.joining()));
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
        return field.source()
                .map(source -> source.words() + (source instanceof Field.Source.Backend ? must : ""))
                .orElseGet(() -> switch (field.scope()) {
                    case INTEGRATION -> "the operator of the product" + must;
                    case SECRET -> "the user" + must + "; encrypted";
                    case ONCE -> "the user" + must + "; not stored";
                    case CONNECTION -> "the user" + must;
                });
    }

    private static String what(Field field) {
        List<String> parts = new ArrayList<>();
        field.label().title().ifPresent(title -> parts.add(title + "."));
        field.label().description().ifPresent(parts::add);
        field.label()
                .example()
                .ifPresent(example ->
                        parts.add("Such as `" + field.label().prefix().orElse("") + example
                                + field.label()
                                        .suffix()
                                        .filter(suffix -> !example.endsWith(suffix))
                                        .orElse("") + "`."));
        if (!field.accepts().choices().isEmpty()) {
            parts.add("One of `" + String.join("`, `", field.accepts().choices()) + "`.");
        }
        field.defaultValue().ifPresent(value -> parts.add("`" + value + "` where nothing is given."));
        return String.join(" ", parts).replace("|", "\\|");
    }

    private void scopes() {
        Scopes scopes = provider.auth().facts().documentedScopes();
        if (scopes.known().isEmpty() && scopes.requested(List.of()).isEmpty()) {
            return;
        }
        line("\n## Scopes\n");
        if (!scopes.always().isEmpty()) {
            line("Always asked for: " + Sentences.codes(scopes.always()) + ".\n");
        }
        if (!scopes.defaults().isEmpty()) {
            line("Asked for where the integration has no scopes: " + Sentences.codes(scopes.defaults()) + ".\n");
        }
        for (Scopes.Known scope : scopes.known()) {
            line("- `" + scope.name() + "`"
                    + scope.description().map(words -> ": " + words).orElse(""));
        }
        line("\n[All scopes, at the vendor's]("
                + scopes.docs().orElse(provider.about().docs()) + ")");
    }

    private void credential() {
        line("\n## Credential\n");
        provider.auth().facts().notes().forEach(sentence -> line("- " + sentence));
        provider.calls()
                .afterConnect()
                .forEach(step -> line("- Learned after connecting: "
                        + Sentences.codes(step.pick().keySet().stream().sorted().toList()) + "."));
        Verification verification = provider.calls().verification();
        if (verification instanceof Verification.Probe probe) {
            line("- Proven when connecting by "
                    + probe.calls().stream().map(Sentences::request).collect(Collectors.joining(" or ")) + ".");
        } else if (verification instanceof Verification.Sql sql) {
            line("- Proven when connecting by `" + sql.statement() + "`.");
        } else if (verification instanceof Verification.Command command) {
            line("- Proven when connecting by `" + command.command() + "`.");
        }
        provider.calls()
                .onDelete()
                .ifPresent(call -> line("- Revoked when the connection is deleted: " + Sentences.request(call) + "."));
    }

    private void api() {
        Api api = provider.api();
        if (api.base().isEmpty()) {
            return;
        }
        line("\n## API\n");
        line("- Address: " + Sentences.addresses(api.base().get()));
        api.headers().forEach((name, value) -> line("- Header `" + name + ": " + Sentences.source(value) + "`"));
        api.query().forEach((name, value) -> line("- Parameter `" + name + "=" + Sentences.source(value) + "`"));
        if (!api.refusals().retry().on().isEmpty()) {
            line("- Tried again after "
                    + String.join(", ", api.refusals().retry().on())
                    + (api.refusals().retry().after().isEmpty()
                            ? ""
                            : ", when " + Sentences.codes(api.refusals().retry().after()) + " says")
                    + (api.refusals().retry().at().isEmpty()
                            ? ""
                            : ", at " + Sentences.codes(api.refusals().retry().at()))
                    + api.refusals()
                            .retry()
                            .remaining()
                            .map(header -> "; `" + header + "` says how many requests are left")
                            .orElse("")
                    + ".");
        }
        api.refusals().errors().forEach(error -> line("- " + error(error)));
        api.page().ifPresent(page -> line("- Pages: " + page(page) + "."));
    }

    private static String error(Api.Error error) {
        ErrorSign sign = error.sign();
        String where = sign.where().words();
        String words = Sentences.codes(
                Stream.concat(sign.is().stream(), sign.has().stream()).toList());
        return Sentences.codes(sign.statuses().stream().map(String::valueOf).toList()) + " with " + words + " " + where
                + switch (error.meaning()) {
                    case LIMITED -> " is a rate limit.";
                    case UNAUTHORIZED -> " means that the credential is not valid any more.";
                };
    }

    private static String page(Api.Page page) {
        String style = page.style().words();
        return style
                + page.limit().map(limit -> ", `" + limit + "` limits").orElse("")
                + page.items().map(items -> ", items at `" + items.text() + "`").orElse("");
    }

    private void line(String line) {
        text.append(line).append('\n');
    }
}
