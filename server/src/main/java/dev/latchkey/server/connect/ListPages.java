package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.Api;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Storable;
import dev.latchkey.server.tokens.ApiCall;
import dev.latchkey.server.tokens.Success;
import dev.latchkey.server.tokens.ValuesOf;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Reads a list of the vendor's, page by page, as the definition's {@code api.page} says. Thread-safe. */
final class ListPages {
    /** Pages of a hundred accounts: more than a user can look through. */
    private static final int MOST_PAGES = 100;

    /** RFC 8288 section 3, of the one relation that is followed. No part of a long header is looked at more than twice. */
    private static final Pattern LINK = Pattern.compile("<([^<>]+)>\\s*+;[^,<]*?\\brel=\"?([^\";,<]+)\"?");

    private final ApiCall api;

    ListPages(ApiCall api) {
        this.api = api;
    }

    /** @param list where in a response the list is */
    record Of(Provider provider, Integration integration, Call first, JsonPath list) {}

    /** @param body absent: it is no JSON */
    record Page(Egress.Response response, Optional<JsonNode> body) {}

    /** What was read before a page. */
    private record Before(int pages, int items) {}

    /**
     * Reads until the last page, or until there are too many.
     *
     * @param more whether the next page is wanted, given this one
     * @return a response that was no success, which ended the reading
     * @throws dev.latchkey.server.egress.EgressException when the vendor does not respond
     */
    Optional<Egress.Response> read(Of of, ValuesOf values, Predicate<Page> more) {
        Optional<Call> next = Optional.of(of.first());
        int read = 0;
        for (int number = 1; number <= MOST_PAGES && next.isPresent(); number++) {
            Egress.Response response = api.send(of.provider(), of.integration(), next.get(), values);
            if (!Success.of(response, of.first().okWhen())) {
                return Optional.of(response);
            }
            Page page = new Page(response, parsed(response));
            if (!more.test(page)) {
                return Optional.empty();
            }
            read += itemsOn(page, of);
            Before before = new Before(number, read);
            next = of.provider().api().page().flatMap(style -> next(style, of, page, before));
        }
        return Optional.empty();
    }

    private static Optional<JsonNode> parsed(Egress.Response answer) {
        try {
            return Optional.of(Storable.of(Json.MAPPER.readTree(answer.body())));
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    private static int itemsOn(Page page, Of of) {
        return page.body().flatMap(of.list()::in).map(JsonNode::size).orElse(0);
    }

    /** Pages as the definition's API does; a next page at another host is not requested. */
    private static Optional<Call> next(Api.Page style, Of of, Page page, Before before) {
        Call first = of.first();
        Optional<JsonNode> body = page.body();
        return switch (style.style()) {
            case Api.Page.Style.Link link ->
                link.from()
                        .flatMap(path -> body.flatMap(path::textIn))
                        .or(() -> linked(
                                page.response().headers().getOrDefault("link", ""),
                                link.rel().orElse("next")))
                        .flatMap(address -> at(of, address));
            case Api.Page.Style.Cursor cursor ->
                body.flatMap(cursor.from()::textIn)
                        .filter(text -> !text.isEmpty())
                        .map(text -> with(first, cursor.to(), text));
            case Api.Page.Style.Offset offset ->
                // A list elsewhere than the API's usual ones may not know the parameter, and return the same page for
                // ever.
                style.items()
                        .filter(of.list()::equals)
                        .flatMap(list -> body.flatMap(list::in))
                        .filter(found -> !found.isEmpty())
                        .map(found -> with(first, offset.to(), offset.after(before.pages(), before.items())));
        };
    }

    static Optional<String> linked(String header, String relation) {
        Matcher matcher = LINK.matcher(header);
        while (matcher.find()) {
            if (List.of(matcher.group(2).split(" ")).contains(relation)) {
                return Optional.of(matcher.group(1));
            }
        }
        return Optional.empty();
    }

    private static Optional<Call> at(Of of, String address) {
        Call first = of.first();
        try {
            URI next = URI.create(address);
            String path = first.url().alternatives().getFirst().source();
            URI before = URI.create(
                    path.startsWith("/")
                            ? of.provider()
                                            .api()
                                            .base()
                                            .orElseThrow()
                                            .alternatives()
                                            .getFirst()
                                            .source()
                                    + path
                            : path);
            boolean same = next.getHost() != null
                    && next.getHost().equals(before.getHost())
                    && "https".equals(next.getScheme())
                    && next.getPort() == before.getPort();
            return same
                    ? Optional.of(new Call(
                            first.method(), literal(address), Map.of(), first.headers(), first.body(), first.okWhen()))
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Call with(Call call, String parameter, String value) {
        Map<String, Text> query = new HashMap<>(call.query());
        query.put(parameter, literal(value));
        return new Call(call.method(), call.url(), query, call.headers(), call.body(), call.okWhen());
    }

    /** A vendor's text is not a template. */
    private static Text literal(String text) {
        if (text.contains("${")) {
            throw new IllegalArgumentException("its list has an invalid next page");
        }
        return Text.of(Template.parse(text, Template.Position.PLAIN));
    }
}
