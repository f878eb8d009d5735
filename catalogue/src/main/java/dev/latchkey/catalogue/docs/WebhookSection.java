package dev.latchkey.catalogue.docs;

import dev.latchkey.catalogue.model.Checked;
import dev.latchkey.catalogue.model.Sentences;
import dev.latchkey.catalogue.model.Webhook;
import dev.latchkey.catalogue.model.Webhook.Verify;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a provider's page says of the webhooks that it sends: how they are set up, proven, and matched to connections. */
final class WebhookSection {
    private final Webhook webhook;

    WebhookSection(Webhook webhook) {
        this.webhook = webhook;
    }

    List<String> lines() {
        List<String> lines = new ArrayList<>(List.of("\n## Webhooks\n"));
        int number = 1;
        for (String step : steps()) {
            lines.add(number++ + ". " + step);
        }
        lines.add("");
        facts().forEach(fact -> lines.add("- " + fact));
        webhook.setup().docs().ifPresent(page -> lines.add("\n[Webhooks, at the vendor's](" + page + ")"));
        lines.add("\nWebhooks: " + read());
        webhook.setup().checked().flatMap(Checked::note).ifPresent(note -> lines.add("\n" + note));
        return lines;
    }

    /** Whose words the proof rests on. */
    private String read() {
        if (webhook.setup().checked().isEmpty()) {
            return "not compared with the vendor's page since they were written.";
        }
        Checked checked = webhook.setup().checked().get();
        String pages = checked.pages().stream().map(page -> "<" + page + ">").collect(Collectors.joining(", "));
        String accounts = checked.accounts().stream()
                .map(account -> account.by() + " <" + account.page() + ">")
                .collect(Collectors.joining(", "));
        return "read on " + checked.on() + " from "
                + switch (checked.source()) {
                    case VENDOR -> pages + ".";
                    case BOTH -> pages + ", and for what they leave open from accounts by others: " + accounts + ".";
                    case OTHERS -> "accounts by others, not from the vendor's page: " + accounts + ".";
                };
    }

    private List<String> steps() {
        List<String> steps = new ArrayList<>();
        steps.add("Read the integration's address, `webhook_url`, by `GET /integrations/{key}?include=webhook`"
                + (byConnection() ? ", and add `?connection_id=` and the connection's id to it." : "."));
        if (webhook.setup().steps().isEmpty()) {
            steps.add("Enter the address at the vendor's, where its page says.");
        }
        webhook.setup().steps().forEach(step -> steps.add(step.replace(Webhook.Setup.ADDRESS, "the address")));
        webhook.secret().ifPresent(path -> secret(path).ifPresent(steps::add));
        steps.add(
                "Add an endpoint of your backend that receives what they bring ([webhooks](../webhooks.md#what-providers-send)).");
        return steps;
    }

    private Optional<String> secret(String path) {
        String set = "`PATCH /integrations/{key} {\"webhook_secret\": \"...\"}`";
        return switch (path) {
            case "app.clientSecret" -> Optional.empty();
            case "app.webhookSecret", "app.signingSecret" ->
                Optional.of("Set " + what(webhook.verify()) + " as the integration's webhook secret: " + set + ".");
            default ->
                Optional.of(
                        path.startsWith("metadata.")
                                ? "Store " + what(webhook.verify()) + " in the connection's metadata as `"
                                        + path.substring("metadata.".length())
                                        + "`, or as a list of them where it has several webhooks."
                                : "The secret is the connection's `" + path + "`.");
        };
    }

    private static String what(Verify verify) {
        return verify.secretWords();
    }

    private List<String> facts() {
        List<String> facts = new ArrayList<>(List.of(proof(webhook.verify())));
        if (webhook.secret().filter("app.clientSecret"::equals).isPresent()) {
            facts.add("The secret is the integration's client secret; there is no other to set.");
        }
        if (!webhook.challenges().isEmpty()) {
            facts.add("The request by which the vendor checks the address is answered.");
        }
        if (!webhook.split().isEmpty()) {
            facts.add("A batch, " + places(webhook.split()) + ", is split into its events.");
        }
        webhook.type().ifPresent(path -> facts.add("The event's name is `" + path + "`."));
        webhook.id().ifPresent(path -> facts.add("An event that is sent again is known by `" + path + "`."));
        facts.add(match());
        return facts;
    }

    private static String proof(Verify verify) {
        if (verify instanceof Verify.Signature it) {
            return (it.kind() == Verify.Kind.HMAC ? "Signed by HMAC-" : "Signed by a hash, ")
                    + it.algorithm().toUpperCase(Locale.ROOT) + " in `" + it.signature() + "`"
                    + it.field().map(field -> " as `" + field + "=`").orElse("") + ", over `"
                    + Sentences.source(it.over()) + "`." + age(it.freshness());
        }
        if (verify instanceof Verify.PublicKey it) {
            return "Signed with the vendor's private key ("
                    + Sentences.lower(it.algorithm()).replace(' ', '-') + ") in `" + it.signature() + "`, over `"
                    + Sentences.source(it.over()) + "`." + age(it.freshness())
                    + it.key().origin();
        }
        if (verify instanceof Verify.Token it) {
            return token(it);
        }
        if (verify instanceof Verify.Standard) {
            return "Signed as [Standard Webhooks](https://www.standardwebhooks.com) are.";
        }
        if (verify instanceof Verify.Equality it) {
            return "Proven by the secret itself, in `" + it.value() + "`.";
        }
        return verify instanceof Verify.HttpBasic
                ? "Proven by HTTP Basic."
                : "Not proven: the vendor has nothing for it.";
    }

    private static String token(Verify.Token it) {
        String claims =
                Sentences.codes(new TreeMap<>(it.claims()).keySet().stream().toList());
        return "Proven by a JSON Web Token in `" + it.token() + "`, signed "
                + switch (it.algorithm()) {
                    case HS256 -> "by HMAC-SHA256";
                    case RS256 -> "with the vendor's RSA key";
                    case ES256 -> "with the vendor's P-256 key";
                }
                + (it.claims().isEmpty() ? "." : "; its " + claims + " must fit.")
                + it.maxAge()
                        .map(age -> " Refused when older than " + Sentences.duration(age) + ".")
                        .orElse("")
                + it.key().map(Verify.KeySource::origin).orElse("");
    }

    private static String age(Optional<Verify.Freshness> freshness) {
        return freshness
                .map(it -> " Refused when older than " + Sentences.duration(it.maxAge()) + ".")
                .orElse("");
    }

    private boolean byConnection() {
        return webhook.match().getOrDefault("connection", List.of()).contains("query.connection_id");
    }

    private String match() {
        if (webhook.match().isEmpty()) {
            return "Nothing in it names a connection: it is sent to your backend without `connectionId`.";
        }
        Map<String, List<String>> rules = new TreeMap<>(webhook.match());
        return "Sent for each connection whose "
                + rules.entrySet().stream()
                        .map(rule -> (rule.getKey().equals("connection") ? "id" : "`" + rule.getKey() + "`") + " is "
                                + places(rule.getValue()))
                        .collect(Collectors.joining(", or whose "))
                + ".";
    }

    private static String places(List<String> paths) {
        return paths.stream().map(path -> "`" + path + "`").collect(Collectors.joining(" or "));
    }
}
