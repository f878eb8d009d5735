package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Reads requests: <code>{call: "POST https://...", form: {...}}</code>, or <code>{url: ..., params: {...}, body: json}</code> for token endpoints. */
final class CallReader {
    private static final Pattern CONTENT_TYPE = Pattern.compile("[\\w.+-]+/[\\w.+-]+( *; *[ -~]+)?");

    private CallReader() {}

    static Call read(Section section, Call.Method absent) {
        Call.Method method = section.has("method") ? method(section, "method", section.required("method")) : absent;
        Optional<Text> url;
        if (section.isText("call")) {
            String[] words = section.required("call").split(" ", 2);
            method = method(section, "call", words[0]);
            url = section.parse("call", words.length > 1 ? words[1] : "", Template.Position.URL)
                    .map(Text::of);
        } else {
            url = section.template("url", Template.Position.URL);
            section.needs("url");
        }
        Map<String, Text> query = new LinkedHashMap<>(section.templates("query", Template.Position.PLAIN));
        Map<String, Text> parameters = section.templates("params", Template.Position.PLAIN);
        Body body = body(section, parameters, query);
        return new Call(
                method,
                url.orElse(new Text(java.util.List.of())),
                Collections.unmodifiableMap(query),
                section.templates("headers", Template.Position.HEADER),
                body,
                section.map("ok_when", CallReader::okWhen),
                section.entries("names"));
    }

    static Call required(Section section, String key) {
        return section.map(key, CallReader::token).orElseGet(() -> {
            section.problem(section.line("kind"), "'" + key + "' is missing");
            return new Call(
                    Call.Method.POST,
                    new Text(java.util.List.of()),
                    Map.of(),
                    Map.of(),
                    new Body.Empty(),
                    Optional.empty());
        });
    }

    private static Body body(Section section, Map<String, Text> parameters, Map<String, Text> query) {
        if (section.has("form")) {
            return new Body.Form(section.templates("form", Template.Position.PLAIN));
        }
        if (section.has("json")) {
            return new Body.Json(section.templates("json", Template.Position.PLAIN));
        }
        if (section.has("xml")) {
            return section.template("xml", Template.Position.PLAIN)
                    .<Body>map(Body.Xml::new)
                    .orElse(new Body.Empty());
        }
        if (section.has("text")) {
            String type = section.text("content_type").orElse("text/plain");
            if (!CONTENT_TYPE.matcher(type).matches()) {
                section.problem("content_type", "'content_type' must be one, as in text/plain; charset=utf-8");
            }
            return section.template("text", Template.Position.PLAIN)
                    .<Body>map(text -> new Body.Plain(text, type))
                    .orElse(new Body.Empty());
        }
        return switch (section.choice("body", "none", "form", "json", "query")) {
            case "form" -> new Body.Form(parameters);
            case "json" -> new Body.Json(parameters);
            case "query" -> {
                query.putAll(parameters);
                yield new Body.Empty();
            }
            default -> parameters.isEmpty() ? new Body.Empty() : new Body.Form(parameters);
        };
    }

    /** A token endpoint's call: POST, a form by default (RFC 6749 section 4.1.3). */
    static Call token(Section section) {
        Call call = read(section, Call.Method.POST);
        boolean query = section.text("body").filter("query"::equals).isPresent();
        boolean form = call.body() instanceof Body.Empty && call.method() != Call.Method.GET && !query;
        return form
                ? new Call(
                        call.method(),
                        call.url(),
                        call.query(),
                        call.headers(),
                        new Body.Form(Map.of()),
                        call.okWhen(),
                        call.names())
                : call;
    }

    static Call.OkWhen okWhen(Section section) {
        boolean said = Stream.of("json", "status", "contains", "lacks").anyMatch(section::has);
        if (!said) {
            section.problem("json", "success needs json (with is), status, contains or lacks");
        }
        return new Call.OkWhen(
                section.path("json"),
                section.text("is"),
                section.texts("status").stream()
                        .map(status -> section.guarded("status", () -> Integer.parseInt(status)))
                        .flatMap(Optional::stream)
                        .toList(),
                section.pattern("contains"),
                section.pattern("lacks"),
                section.path("error"));
    }

    private static Call.Method method(Section section, String key, String name) {
        try {
            return Call.Method.valueOf(name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            section.problem(key, "'" + name + "' is no method; write GET, POST, PUT, PATCH or DELETE");
            return Call.Method.GET;
        }
    }
}
