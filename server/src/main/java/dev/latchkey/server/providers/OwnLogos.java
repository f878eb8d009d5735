package dev.latchkey.server.providers;

import dev.latchkey.server.environments.Logo;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The logos beside the definitions of {@code LATCHKEY_PROVIDERS_DIR}: {@code <id>.svg}, {@code .png}, {@code .webp} or {@code .jpg} is the
 * logo of the provider with this id. The files are listed once, at startup, and read when they are requested; only those that were
 * listed are ever read. Thread-safe.
 */
public final class OwnLogos {
    public static final OwnLogos NONE = new OwnLogos(Map.of());
    private static final Pattern NAME = Pattern.compile("(.+)\\.(svg|png|webp|jpe?g)");

    private final Map<String, Path> files;

    private OwnLogos(Map<String, Path> files) {
        this.files = Map.copyOf(files);
    }

    /**
     * @param known whether there is a provider of this id
     * @param problem gets a sentence for each picture that is not used
     * @throws UncheckedIOException when the folder cannot be listed
     */
    public static OwnLogos of(Path folder, Predicate<String> known, Consumer<String> problem) {
        Map<String, Path> files = new TreeMap<>();
        for (Path file : list(folder)) {
            Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
            if (!name.matches()) {
                continue;
            }
            String id = name.group(1);
            if (!known.test(id)) {
                problem.accept(file.getFileName() + ": there is no provider '" + id + "'");
            } else if (read(file).isEmpty()) {
                problem.accept(file.getFileName() + ": a logo must be an SVG, PNG, WebP or JPEG of at most "
                        + Logo.MAX_BYTES / 1024 + " KiB that this process may read");
            } else if (files.putIfAbsent(id, file) != null) {
                problem.accept(file.getFileName() + ": " + id + " has a logo already, "
                        + files.get(id).getFileName());
            }
        }
        return new OwnLogos(files);
    }

    private static List<Path> list(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return new ArrayList<>(files.filter(Files::isRegularFile).sorted().toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** By its bytes, not its name; empty too once the file is gone or has become too large. */
    private static Optional<Logo> read(Path file) {
        try (InputStream stream = Files.newInputStream(file)) {
            return Logo.of(stream.readNBytes(Logo.MAX_BYTES + 1));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    public Optional<Logo> find(String id) {
        return Optional.ofNullable(files.get(id)).flatMap(OwnLogos::read);
    }
}
