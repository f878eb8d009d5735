package dev.latchkey.catalogue.datastore;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What a database or another server with a protocol of its own speaks, as definitions name it ({@code driver: postgresql}).
 *
 * @see DatastoreAddress
 */
public enum DatastoreDriver {
    POSTGRESQL(
            5432,
            TlsStart.NEGOTIATED,
            List.of("postgresql", "postgres"),
            List.of(),
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
    MYSQL(
            3306,
            TlsStart.NEGOTIATED,
            List.of("mysql", "mysqlx", "mariadb"),
            List.of(),
            Set.of("charset", "characterEncoding", "connectTimeout")),
    MARIADB(
            3306,
            TlsStart.NEGOTIATED,
            List.of("mariadb", "mysql"),
            List.of(),
            Set.of("charset", "characterEncoding", "connectTimeout")),
    MONGODB(
            27017,
            TlsStart.AT_CONNECT,
            List.of("mongodb", "mongodb+srv"),
            List.of("authSource", "replicaSet"),
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
    REDIS(6379, TlsStart.AT_CONNECT, List.of("redis", "rediss"), List.of(), Set.of()),
    SQLSERVER(
            1433,
            TlsStart.NEGOTIATED,
            List.of("sqlserver", "mssql"),
            List.of(),
            Set.of("applicationIntent", "applicationName", "loginTimeout", "multiSubnetFailover")),
    /** RFC 5321, of a server that takes mail from a user's program (RFC 6409). */
    SMTP(587, TlsStart.EITHER, List.of("smtp", "smtps"), List.of(DatastoreAddress.START_TLS), Set.of()),
    /** RFC 9051 and RFC 3501. */
    IMAP(143, TlsStart.EITHER, List.of("imap", "imaps"), List.of(DatastoreAddress.START_TLS), Set.of()),
    /** RFC 4511; the database is the base DN. */
    LDAP(389, TlsStart.EITHER, List.of("ldap", "ldaps"), List.of(DatastoreAddress.START_TLS), Set.of()),
    /** SSH's own encryption takes the place of TLS, and the host key that of a certificate; the database is the folder. */
    SFTP(22, TlsStart.NEGOTIATED, List.of("sftp"), List.of("hostKey"), Set.of()),
    /** AMQP 0-9-1; the database is the virtual host. */
    AMQP(5672, TlsStart.AT_CONNECT, List.of("amqp", "amqps"), List.of(), Set.of("heartbeat", "connection_timeout")),
    /** AMQP 1.0 (ISO/IEC 19464), another protocol than 0-9-1; the database is the hostname of the open frame. */
    AMQP1(5672, TlsStart.AT_CONNECT, List.of("amqp", "amqps"), List.of(), Set.of()),
    /** Its own protocol; the hosts are those of {@code bootstrap.servers}. */
    KAFKA(9092, TlsStart.AT_CONNECT, List.of("kafka", "kafka+ssl"), List.of(DatastoreAddress.SASL), Set.of()),
    /** Oracle Database by the operator's own JDBC driver; the database is the service name. */
    ORACLE(1521, TlsStart.AT_CONNECT, List.of("oracle"), List.of(DatastoreAddress.SID), Set.of());

    /** When a connection becomes encrypted. */
    public enum TlsStart {
        /** By the protocol's own message, on the one port that it has. */
        NEGOTIATED,
        /** With the first byte. */
        AT_CONNECT,
        /** By the protocol's own message (STARTTLS) on one port, with the first byte on another. */
        EITHER
    }

    private final int port;
    private final TlsStart tlsStart;
    private final List<String> schemes;
    private final List<String> own;
    private final Set<String> harmless;

    DatastoreDriver(int port, TlsStart tlsStart, List<String> schemes, List<String> own, Set<String> harmless) {
        this.port = port;
        this.tlsStart = tlsStart;
        this.schemes = schemes;
        this.own = own;
        this.harmless = harmless;
    }

    /** As a definition writes it. */
    public static Optional<DatastoreDriver> find(String name) {
        return Arrays.stream(values())
                .filter(driver -> driver.word().equals(name))
                .findFirst();
    }

    /** All of them, as definitions write them. */
    public static List<String> words() {
        return Arrays.stream(values()).map(DatastoreDriver::word).toList();
    }

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The default port. */
    public int port() {
        return port;
    }

    /** The port of connections that are encrypted from the first byte, where the protocol has one for them. */
    public int tlsPort() {
        return switch (this) {
            case SMTP -> 465;
            case IMAP -> 993;
            case LDAP -> 636;
            case AMQP, AMQP1 -> 5671;
            case ORACLE -> 2484;
            case POSTGRESQL, MYSQL, MARIADB, MONGODB, REDIS, SQLSERVER, SFTP, KAFKA -> port;
        };
    }

    public TlsStart tlsStart() {
        return tlsStart;
    }

    /** Of connection strings, the customary one first. */
    List<String> schemes() {
        return schemes;
    }

    /** Fields that only this driver has. */
    List<String> own() {
        return own;
    }

    boolean severalHosts() {
        return switch (this) {
            case POSTGRESQL, MYSQL, MARIADB, MONGODB, KAFKA -> true;
            case REDIS, SQLSERVER, SMTP, IMAP, LDAP, SFTP, AMQP, AMQP1, ORACLE -> false;
        };
    }

    /** Whether a connection is to one of several databases, or to a part of the server. */
    boolean hasDatabase() {
        return switch (this) {
            case POSTGRESQL, MYSQL, MARIADB, MONGODB, REDIS, SQLSERVER, LDAP, SFTP, AMQP, AMQP1, ORACLE -> true;
            case SMTP, IMAP, KAFKA -> false;
        };
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
            case SMTP -> "smtp://user:password@host:587, or smtps:// where TLS begins at once";
            case IMAP -> "imaps://user:password@host:993";
            case LDAP -> "ldaps://cn%3Dreader%2Cdc%3Dexample%2Cdc%3Dcom:password@host:636/dc%3Dexample%2Cdc%3Dcom";
            case SFTP -> "sftp://user:password@host:22/folder";
            case AMQP -> "amqps://user:password@host:5671/vhost";
            case AMQP1 -> "amqps://user:password@host:5671";
            case KAFKA -> "kafka+ssl://user:password@host:9092,host:9092";
            case ORACLE -> "oracle://user:password@host:1521/service, or jdbc:oracle:thin:@tcps://host:2484/service";
            case POSTGRESQL, MYSQL, MARIADB -> word() + "://user:password@host:" + port + "/database";
        };
    }
}
