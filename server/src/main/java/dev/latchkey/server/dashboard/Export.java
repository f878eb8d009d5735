package dev.latchkey.server.dashboard;

import dev.latchkey.server.http.ClientConnections;
import dev.latchkey.server.http.Csv;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Database;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A list as a file, CSV or JSON, sent while it is read: page after page, so that no list is too long for the memory.
 *
 * @param name of the file, without its ending
 * @param columns also the members of each JSON object
 */
record Export(String name, List<String> columns) {
    private static final Logger LOG = LoggerFactory.getLogger(Export.class);

    /** At most so many rows: more are not opened by anyone, and are read by API. */
    static final int MOST = 100_000;

    /**
     * Reads and sends.
     *
     * @param page what follows a row; the first page for none
     * @param cells of a row, in the order of the columns
     */
    <R> Reply send(Visit visit, Function<Optional<R>, List<R>> page, Function<R, List<String>> cells) {
        // Before the response begins, so that a failure to read it becomes a status.
        List<R> first = page.apply(Optional.empty());
        boolean json = visit.query("format").filter("json"::equals).isPresent();
        visit.response()
                .header(HeaderNames.CONTENT_TYPE, json ? "application/json" : "text/csv; charset=utf-8; header=present")
                .header(
                        HeaderNames.CONTENT_DISPOSITION,
                        "attachment; filename=\"" + name + (json ? ".json" : ".csv") + "\"")
                .header(HeaderNames.CACHE_CONTROL, "no-store");
        Writer out =
                new BufferedWriter(new OutputStreamWriter(visit.response().outputStream(), StandardCharsets.UTF_8));
        try {
            out.write(json ? "[" : Csv.row(columns));
            rows(first, page).forEach(new Rows<>(out, json, cells)::write);
            out.write(json ? "]\n" : "");
            out.close();
        } catch (IOException | UncheckedIOException e) {
            LOG.debug("The reader of an export left.", e);
            throw new CloseConnectionException("the export's reader left", e);
        } catch (RuntimeException e) {
            LOG.warn("An export was interrupted.", e);
            // Not ended as if it were complete.
            throw ClientConnections.current().ended("the rest of an export could not be read");
        }
        return new Reply.Answered();
    }

    private static <R> Stream<R> rows(List<R> first, Function<Optional<R>, List<R>> page) {
        return Stream.iterate(
                        first,
                        rows -> !rows.isEmpty(),
                        rows -> Database.outlastingLocks(() -> page.apply(Optional.of(rows.getLast()))))
                .flatMap(List::stream)
                .limit(MOST);
    }

    private final class Rows<R> {
        private final Writer out;
        private final boolean json;
        private final Function<R, List<String>> cells;
        private boolean begun;

        Rows(Writer out, boolean json, Function<R, List<String>> cells) {
            this.out = out;
            this.json = json;
            this.cells = cells;
        }

        void write(R row) {
            try {
                out.write(json ? (begun ? ",\n" : "\n") + object(cells.apply(row)) : Csv.row(cells.apply(row)));
                begun = true;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private ObjectNode object(List<String> values) {
            ObjectNode object = Json.MAPPER.createObjectNode();
            for (int i = 0; i < values.size(); i++) {
                object.put(columns.get(i), values.get(i));
            }
            return object;
        }
    }
}
