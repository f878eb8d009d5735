package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.model.AfterConnect;
import dev.latchkey.catalogue.model.Api;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.Verification;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Pick;
import dev.latchkey.catalogue.template.Template;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the blocks on API calls, verification, revocation and webhooks. */
final class ApiReader {
    private ApiReader() {}

    static Api api(Section section) {
        Section sign = section.has("sign") && !section.isText("sign") ? section.sectionOrEmpty("sign") : section;
        return new Api(
                section.template("base", Template.Position.URL),
                section.templates("headers", Template.Position.HEADER),
                section.templates("query", Template.Position.PLAIN),
                section.templates("body", Template.Position.PLAIN),
                Api.Sign.valueOf(sign.choice("sign", "none", "oauth1", "sigv4", "duo", "http_signature", "wsse")
                        .toUpperCase(Locale.ROOT)),
                sign == section ? Api.Signing.STANDARD : signing(sign),
                new Api.Refusals(
                        section.map("retry", ApiReader::retry).orElse(Api.Retry.NONE),
                        section.map("rate", ApiReader::rate),
                        ErrorSignReader.ofApi(section)),
                section.map("page", ApiReader::page),
                section.flag("mtls", false),
                new Api.Further(section.texts("hosts"), ports(section)));
    }

    private static Api.Retry retry(Section section) {
        return new Api.Retry(
                section.texts("on"),
                section.texts("after"),
                section.texts("at"),
                section.text("remaining"),
                section.map(
                        "body",
                        body -> new Api.BodyHint(
                                body.path("path").orElse(JsonPath.parse("$")),
                                body.choice("as", "after", "at").equals("at"))));
    }

    private static Set<Integer> ports(Section section) {
        Set<Integer> ports = new TreeSet<>();
        for (String port : section.texts("ports")) {
            if (port.matches("[1-9][0-9]{0,4}") && Integer.parseInt(port) < 65536) {
                ports.add(Integer.parseInt(port));
            } else {
                section.problem("ports", "'" + port + "' is no port");
            }
        }
        return Set.copyOf(ports);
    }

    /** <code>{requests: 100, per: 60s, of: connection}</code>. */
    private static Api.Rate rate(Section section) {
        String requests = section.required("requests");
        boolean sensible = requests.matches("[1-9][0-9]{0,6}");
        if (!sensible) {
            section.problem("requests", "'requests' must be a number from 1 to 9999999");
        }
        return new Api.Rate(
                sensible ? Integer.parseInt(requests) : 1,
                section.duration("per").orElse(Duration.ofSeconds(1)),
                Api.Rate.Shared.valueOf(
                        section.choice("of", "connection", "integration").toUpperCase(Locale.ROOT)));
    }

    /** {@code sign: duo}, or {@code sign: {sign: http_signature, key_id: ..., key: ...}}. */
    private static Api.Signing signing(Section section) {
        return new Api.Signing(
                section.template("key_id", Template.Position.PLAIN),
                section.template("key", Template.Position.PLAIN),
                section.choice(
                        "alg", "rsa-v1_5-sha256", "rsa-pss-sha512", "ecdsa-p256-sha256", "ed25519", "hmac-sha256"),
                section.has("over") ? section.texts("over") : Api.Signing.STANDARD.over(),
                section.text("label").orElse(Api.Signing.STANDARD.label()));
    }

    private static Api.Page page(Section section) {
        Api.Page.Style style;
        if (section.has("cursor")) {
            style = section.map(
                            "cursor",
                            one -> new Api.Page.Style.Cursor(
                                    one.path("from").orElse(JsonPath.parse("$")), one.required("to")))
                    .orElseThrow();
        } else if (section.has("link")) {
            style = section.map("link", one -> new Api.Page.Style.Link(one.path("from"), one.text("rel")))
                    .orElseThrow();
        } else {
            style = section.map("offset", ApiReader::offset)
                    .orElse(new Api.Page.Style.Offset("offset", Api.Page.Style.Counts.ITEMS, 0));
        }
        return new Api.Page(style, section.text("limit"), section.path("items"));
    }

    private static Api.Page.Style offset(Section section) {
        boolean pages = section.choice("counts", "items", "pages").equals("pages");
        String first = pages ? section.choice("first", "1", "0") : section.choice("first", "0", "1");
        return new Api.Page.Style.Offset(
                section.required("to"),
                pages ? Api.Page.Style.Counts.PAGES : Api.Page.Style.Counts.ITEMS,
                Integer.parseInt(first));
    }

    /** {@code verify: none}, {@code {sql: ...}}, or calls. */
    static Verification verification(Section provider) {
        if (provider.isText("verify")) {
            if (!provider.required("verify").equals("none")) {
                provider.problem("verify", "'verify' must be none, or a call");
            }
            return new Verification.None();
        }
        return provider.section("verify").map(ApiReader::probe).orElse(new Verification.None());
    }

    private static Verification probe(Section section) {
        if (section.has("sql")) {
            return new Verification.Sql(section.required("sql"));
        }
        if (section.has("command")) {
            return new Verification.Command(section.required("command"));
        }
        List<Integer> statuses = section.map(
                        "ok",
                        ok -> ok.texts("status").stream()
                                .map(status -> ok.guarded("status", () -> Integer.parseInt(status)))
                                .flatMap(Optional::stream)
                                .toList())
                .orElse(List.of());
        if (section.isList("calls")) {
            return new Verification.Probe(
                    section.sections("calls").stream()
                            .map(one -> CallReader.read(one, Call.Method.GET))
                            .toList(),
                    statuses);
        }
        return new Verification.Probe(List.of(CallReader.read(section, Call.Method.GET)), statuses);
    }

    static AfterConnect afterConnect(Section section) {
        Map<String, Pick> pick = new LinkedHashMap<>();
        section.picks("pick").forEach((name, path) -> {
            if (!name.startsWith("config.")) {
                section.problem("pick", "'" + name + "' must begin with config.");
            }
            pick.put(name.replaceFirst("^config\\.", ""), path);
        });
        boolean calls = section.has("call") || section.has("url");
        return new AfterConnect(
                calls ? Optional.of(CallReader.read(section, Call.Method.GET)) : Optional.empty(),
                Collections.unmodifiableMap(pick),
                section.map("find", ApiReader::find),
                section.text("when").map(when -> {
                    if (!when.startsWith("!config.")) {
                        section.problem("when", "'when' must read \"!config.NAME\": only if that is not there yet");
                    }
                    return when.replaceFirst("^!config\\.", "");
                }),
                section.texts("forget"),
                section.flag("optional", false));
    }

    static AfterConnect.Find find(Section section) {
        return new AfterConnect.Find(
                section.path("in").orElse(JsonPath.parse("$")),
                section.text("where").flatMap(rule -> section.guarded("where", () -> comparison(section, rule))),
                section.texts("first_of").stream()
                        .map(rule -> section.guarded("first_of", () -> rule(section, rule)))
                        .flatMap(Optional::stream)
                        .toList(),
                section.map("choose", ApiReader::choose));
    }

    private static AfterConnect.Choose choose(Section section) {
        return new AfterConnect.Choose(
                section.path("title").orElseGet(() -> {
                    section.problem("choose", "'choose' needs a title: where in an element its name is");
                    return JsonPath.parse("$");
                }),
                section.path("detail"));
    }

    private static final Pattern CONTAINS = Pattern.compile("contains\\(([\\w.$\\[\\]-]+), (.+)\\)");
    private static final Pattern LABEL = Pattern.compile("label\\(([\\w.$\\[\\]-]+)\\) == (.+)");
    private static final Pattern EQUAL = Pattern.compile("([\\w.$\\[\\]-]+) == (.+)");

    private static AfterConnect.Rule.Compare comparison(Section section, String text) {
        if (rule(section, text) instanceof AfterConnect.Rule.Compare compare) {
            return compare;
        }
        throw new IllegalArgumentException("'where' must compare, as in product == 'x'");
    }

    /** {@code any}, {@code only}, {@code path == x}, {@code label(path) == x}, {@code contains(path, x)}; x is a path or a 'text'. */
    private static AfterConnect.Rule rule(Section section, String text) {
        if (text.equals("any")) {
            return new AfterConnect.Rule.Any();
        }
        if (text.equals("only")) {
            return new AfterConnect.Rule.Only();
        }
        Matcher contains = CONTAINS.matcher(text);
        if (contains.matches()) {
            return compare(section, AfterConnect.How.CONTAINS, contains);
        }
        Matcher label = LABEL.matcher(text);
        if (label.matches()) {
            return compare(section, AfterConnect.How.LABEL, label);
        }
        Matcher equal = EQUAL.matcher(text);
        if (equal.matches()) {
            return compare(section, AfterConnect.How.EQUAL, equal);
        }
        throw new IllegalArgumentException(
                "'" + text
                        + "' is no rule; write any, only, path == config.x, label(path) == config.x or contains(path, config.x)");
    }

    private static AfterConnect.Rule compare(Section section, AfterConnect.How how, Matcher rule) {
        return new AfterConnect.Rule.Compare(
                how,
                JsonPath.parse(rule.group(1)),
                section.parse("first_of", "${" + rule.group(2) + "}", Template.Position.PLAIN)
                        .orElseThrow(() -> new IllegalArgumentException("the right side is no value")));
    }
}
