package dev.latchkey.catalogue.datastore;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The driver of a database, as definitions name it ({@code driver: postgresql}).
 *
 * @see DatastoreAddress
 */
public enum DatastoreDriver {
    POSTGRESQL(
            5432,
            List.of("postgresql", "postgres"),
            Set.of(
                    "application_name",
                    "ApplicationName",
                    "channel_binding",
                    "connect_timeout",
                    "currentSchema",
                    "target_session_attrs",
                    "targetServerType",
                    "pgbouncer",
                    "prepareThreshold")),
    MYSQL(3306, List.of("mysql", "mysqlx", "mariadb"), Set.of("charset", "characterEncoding", "connectTimeout")),
    MARIADB(3306, List.of("mariadb", "mysql"), Set.of("charset", "characterEncoding", "connectTimeout")),
    MONGODB(
            27017,
            List.of("mongodb", "mongodb+srv"),
            Set.of(
                    "appName",
                    "authMechanism",
                    "compressors",
                    "directConnection",
                    "journal",
                    "loadBalanced",
                    "readConcernLevel",
                    "readPreference",
                    "retryReads",
                    "retryWrites",
                    "w",
                    "wtimeoutMS")),
    REDIS(6379, List.of("redis", "rediss"), Set.of()),
    SQLSERVER(
            1433,
            List.of("sqlserver", "mssql"),
            Set.of("applicationIntent", "applicationName", "loginTimeout", "multiSubnetFailover"));

    private final int port;
    private final List<String> schemes;
    private final Set<String> harmless;

    DatastoreDriver(int port, List<String> schemes, Set<String> harmless) {
        this.port = port;
        this.schemes = schemes;
        this.harmless = harmless;
    }

    /** As a definition writes it. */
    public static Optional<DatastoreDriver> find(String name) {
        return java.util.Arrays.stream(values())
                .filter(driver -> driver.word().equals(name))
                .findFirst();
    }

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The default port. */
    public int port() {
        return port;
    }

    /** Of connection strings, the customary one first. */
    List<String> schemes() {
        return schemes;
    }

    /**
     * Parameters that a connection string may carry on: they change no address, load no class and read no file. All others are left
     * out, since a database that a stranger connects must not run code in the product's driver.
     */
    Set<String> harmless() {
        return harmless;
    }

    String example() {
        return switch (this) {
            case MONGODB -> "mongodb+srv://user:password@cluster.example.net/database";
            case REDIS -> "rediss://user:password@host:6379/0";
            case SQLSERVER -> "Server=host,1433;Database=name;User ID=user;Password=password";
            case POSTGRESQL, MYSQL, MARIADB -> word() + "://user:password@host:" + port + "/database";
        };
    }
}
