package dev.latchkey.server.datastores;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * JDBC drivers that the operator put into a folder, since their licence or their size keeps them out of the package. They are loaded
 * apart from Latchkey's own classes, on first use; a driver that is added later needs a restart. Thread-safe.
 */
public final class JdbcDrivers {
    private final Optional<Path> folder;
    private Optional<URLClassLoader> loaded = Optional.empty();

    /** The driver is not there, or not one that can be used; the message tells the operator what to do. */
    static final class MissingException extends Exception {
        private static final long serialVersionUID = 1;

        MissingException(String message) {
            super(message, null, false, false);
        }
    }

    public JdbcDrivers(Optional<Path> folder) {
        this.folder = folder;
    }

    /**
     * A class of the driver.
     *
     * @param jar what people call the file
     * @throws MissingException when no file in the folder has it
     */
    synchronized Class<?> load(String name, String product, String jar) throws MissingException {
        if (folder.isEmpty()) {
            throw new MissingException(product + "'s JDBC driver is not part of Latchkey. The server's operator puts "
                    + jar + " into a folder, names the folder in LATCHKEY_DRIVERS_DIR, and restarts the server");
        }
        if (loaded.isEmpty()) {
            loaded = Optional.of(new URLClassLoader(
                    "drivers", jars(folder.get()).toArray(URL[]::new), ClassLoader.getPlatformClassLoader()));
        }
        try {
            return loaded.get().loadClass(name);
        } catch (ClassNotFoundException e) {
            throw new MissingException(
                    product + "'s JDBC driver is not in the folder that LATCHKEY_DRIVERS_DIR names. The"
                            + " server's operator puts " + jar + " there and restarts the server");
        }
    }

    private static List<URL> jars(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".jar"))
                    .sorted()
                    .map(JdbcDrivers::url)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("the folder of LATCHKEY_DRIVERS_DIR cannot be read", e);
        }
    }

    private static URL url(Path file) {
        try {
            return file.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException("every file has a URL", e);
        }
    }
}
