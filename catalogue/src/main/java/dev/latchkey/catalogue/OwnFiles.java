package dev.latchkey.catalogue;

import dev.latchkey.catalogue.model.CatalogueException.Problem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The {@code *.yaml} of a user's folder.
 *
 * @param texts by file
 * @param problems of files that cannot be read
 */
record OwnFiles(Map<String, String> texts, List<Problem> problems) {
    static final OwnFiles NONE = new OwnFiles(Map.of(), List.of());

    /** @throws UncheckedIOException when the folder cannot be listed */
    static OwnFiles of(Path folder) {
        Map<String, String> texts = new TreeMap<>();
        List<Problem> problems = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.filter(one -> one.toString().endsWith(".yaml")).sorted().forEach(file -> {
                String name = String.valueOf(file.getFileName());
                try {
                    texts.put(name, Files.readString(file));
                } catch (CharacterCodingException e) {
                    problems.add(new Problem(name, 0, "the file is not UTF-8"));
                } catch (IOException e) {
                    problems.add(
                            new Problem(name, 0, "the file cannot be read: make it a file that this process may read"));
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new OwnFiles(texts, problems);
    }
}
