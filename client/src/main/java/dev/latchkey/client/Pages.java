package dev.latchkey.client;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/** Lists that come in pages, as streams that read the next page when it is needed. */
final class Pages {
    private Pages() {}

    /** @param next of the last page: empty */
    record Page(List<Json> items, Optional<String> next) {}

    /** A page that is not full is the last. */
    static <T> Stream<T> numbered(int size, IntFunction<List<T>> read) {
        record At<T>(int number, List<T> items) {}
        return Stream.iterate(
                        Optional.of(new At<>(0, read.apply(0))),
                        Optional::isPresent,
                        at -> at.filter(page -> page.items().size() == size)
                                .map(page -> new At<>(page.number() + 1, read.apply(page.number() + 1))))
                .flatMap(at -> at.orElseThrow().items().stream());
    }

    static Stream<Json> linked(Function<Optional<String>, Page> read) {
        return Stream.iterate(
                        Optional.of(read.apply(Optional.empty())),
                        Optional::isPresent,
                        at -> at.flatMap(Page::next).map(next -> read.apply(Optional.of(next))))
                .flatMap(at -> at.orElseThrow().items().stream());
    }

    static Function<Json, Page> page(String items, String next) {
        return json -> new Page(
                Required.list(json, items, Function.identity()), json.get(next).text());
    }

    static ApiRequest at(ApiRequest request, String parameter, Optional<String> cursor) {
        return cursor.map(at -> request.withQuery(parameter, at)).orElse(request);
    }
}
