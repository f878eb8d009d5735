package dev.latchkey.catalogue.build;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.docs.ProviderDocs;
import dev.latchkey.catalogue.reader.DefinitionSchema;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * A step of the build (see {@code catalogue/pom.xml}): who adds a definition adds one file. A definition with a problem stops the
 * build here: the exception names each.
 */
public final class CatalogueBuild {
    private final Path module;
    private final Path classes;

    private CatalogueBuild(Path module) {
        this.module = module;
        this.classes = module.resolve("target/classes");
    }

    /** @param arguments the folder of the module */
    public static void main(String[] arguments) throws IOException {
        CatalogueBuild build = new CatalogueBuild(Path.of(arguments[0]));
        if (!build.isDone()) {
            build.run();
        }
    }

    private Path stamp() {
        return classes.resolveSibling("catalogue-build");
    }

    /** Nothing that it is made of has changed since, a folder by a removed file included. */
    private boolean isDone() throws IOException {
        if (!Files.exists(stamp())) {
            return false;
        }
        FileTime done = Files.getLastModifiedTime(stamp());
        try (Stream<Path> sources = Files.walk(module.resolve("src/main"))) {
            return Stream.concat(sources, Stream.of(module.resolve("pom.xml"), pages()))
                    .filter(Files::exists)
                    .map(CatalogueBuild::modified)
                    .allMatch(time -> time.compareTo(done) < 0);
        }
    }

    private static FileTime modified(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void run() throws IOException {
        Files.deleteIfExists(stamp());
        write(classes.resolve("providers/index"), String.join("\n", definitions()) + "\n");
        Catalogue catalogue = Catalogue.load();
        write(classes.resolve("icons.tsv"), Icons.of(catalogue, module.resolve("src/main/logos/svg-logos.tsv")));
        write(
                classes.resolve("schemas/provider.json"),
                JsonMapper.builder()
                                .enable(SerializationFeature.INDENT_OUTPUT)
                                .build()
                                .writeValueAsString(DefinitionSchema.make())
                        + "\n");
        if (Files.isDirectory(pages())) {
            ProviderDocs.write(catalogue, pages());
        }
        Files.writeString(stamp(), "");
    }

    /** Where the repository is whole; a module's sources alone have none. */
    private Path pages() {
        return module.resolveSibling("docs").resolve("providers");
    }

    private List<String> definitions() throws IOException {
        try (Stream<Path> files = Files.list(module.resolve("src/main/resources/providers"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".yaml"))
                    .sorted()
                    .toList();
        }
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
