package dev.latchkey.server.drift;

import dev.latchkey.server.egress.Glances.Glance;
import dev.latchkey.server.json.Json;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** What a response to a request without a credential says of an endpoint. */
final class Reading {
    /** Vendors' own shapes beside RFC 6749's: {@code {"errors": [...]}}, {@code {"ok": false}}, {@code {"errcode": 40013}}. */
    private static final Pattern ERROR = Pattern.compile(
            "(?i).*(err|message|msg|code|status|success|ok|fault|title|detail|reason|description|type).*");

    private static final Pattern WORDS = Pattern.compile(
            "(?is).*(error|invalid|missing|required|denied|unauthori[sz]ed|forbidden|bad request|unsupported|not allowed).*");

    private static final int MOST_OF_A_HEADER = 100;

    private final URI asked;
    private final Glance glance;

    private Reading(URI asked, Glance glance) {
        this.asked = asked;
        this.glance = glance;
    }

    static List<Finding> of(Probe.Authorize probe, URI asked, Glance glance) {
        Reading reading = new Reading(asked, glance);
        return reading.findings(reading.gone().or(reading::failing).or(reading::elsewhere));
    }

    static List<Finding> of(Probe.Token probe, URI asked, Glance glance) {
        Reading reading = new Reading(asked, glance);
        return reading.findings(reading.gone()
                .or(reading::failing)
                .or(reading::redirected)
                .or(() -> reading.refused(probe.method()))
                .or(reading::noError));
    }

    /** Only its host is known: a path of it that does not exist says nothing. */
    static List<Finding> of(Probe.Api probe, URI asked, Glance glance) {
        Reading reading = new Reading(asked, glance);
        return reading.findings(reading.failing().or(reading::elsewhere));
    }

    /** The host that it redirects to. */
    static Optional<URI> redirect(URI asked, Glance glance) {
        return glance.status() < 300 || glance.status() >= 400
                ? Optional.empty()
                : Optional.ofNullable(glance.headers().get("location")).flatMap(to -> {
                    try {
                        return Optional.of(asked.resolve(to.strip())).filter(uri -> uri.getHost() != null);
                    } catch (IllegalArgumentException e) {
                        return Optional.empty();
                    }
                });
    }

    private List<Finding> findings(Optional<Finding> first) {
        List<Finding> found = new ArrayList<>();
        first.ifPresent(found::add);
        header("sunset").map(Finding.Sunset::new).ifPresent(found::add);
        header("deprecation").map(Finding.Deprecated::new).ifPresent(found::add);
        return List.copyOf(found);
    }

    private Optional<String> header(String name) {
        return Optional.ofNullable(glance.headers().get(name))
                .map(value -> printable(value, MOST_OF_A_HEADER))
                .filter(value -> !value.isBlank());
    }

    /** A vendor's text for a table and a page: one line, without what would end a cell or begin a tag. */
    static String printable(String text, int most) {
        String plain = text.replaceAll("[^ -~]|[|<>`\\\\]", " ").strip();
        return plain.length() > most ? plain.substring(0, most) + "..." : plain;
    }

    private Optional<Finding> gone() {
        return glance.status() == 404 || glance.status() == 410
                ? Optional.of(new Finding.Gone(glance.status()))
                : Optional.empty();
    }

    private Optional<Finding> failing() {
        return glance.status() >= 500 ? Optional.of(new Finding.Failing(glance.status())) : Optional.empty();
    }

    /** A token request is never sent on, which would hand its secrets to the other address. */
    private Optional<Finding> redirected() {
        return redirect(asked, glance).map(Finding.Elsewhere::new);
    }

    /** Users may be led from host to host of one company. */
    private Optional<Finding> elsewhere() {
        return redirect(asked, glance)
                .filter(to -> !site(to.getHost()).equals(site(asked.getHost())))
                .map(Finding.Elsewhere::new);
    }

    private Optional<Finding> refused(String method) {
        return glance.status() == 405 ? Optional.of(new Finding.MethodRefused(method)) : Optional.empty();
    }

    private Optional<Finding> noError() {
        String type = glance.headers().getOrDefault("content-type", "").toLowerCase(Locale.ROOT);
        String start = glance.start().stripLeading().toLowerCase(Locale.ROOT);
        if (type.contains("html") || start.startsWith("<!doctype html") || start.startsWith("<html")) {
            return Optional.of(new Finding.HtmlPage(glance.status()));
        }
        if (glance.status() >= 400 || isError(start)) {
            return Optional.empty();
        }
        return Optional.of(
                new Finding.OddAnswer(glance.status(), type.isEmpty() ? "no type" : printable(type, MOST_OF_A_HEADER)));
    }

    /** Whatever the status: many vendors have their errors in a 200. */
    private boolean isError(String start) {
        try {
            JsonNode json = Json.MAPPER.readTree(glance.start());
            return json.isObject()
                    && json.propertyNames().stream()
                            .anyMatch(name -> ERROR.matcher(name).matches());
        } catch (JacksonException e) {
            return start.startsWith("error=") || WORDS.matcher(start).matches();
        }
    }

    /** The part of a host's name that a company registers, near enough: {@code example.com}, {@code example.co.uk}. */
    static String site(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        String[] labels = name.split("\\.");
        int last = labels.length - 1;
        if (last < 1 || name.startsWith("[") || labels[last].matches("[0-9]+")) {
            return name;
        }
        boolean second = labels[last].length() == 2 && labels[last - 1].length() <= 3 && last >= 2;
        return (second ? labels[last - 2] + "." : "") + labels[last - 1] + "." + labels[last];
    }
}
