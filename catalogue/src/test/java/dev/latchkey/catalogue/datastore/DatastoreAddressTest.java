package dev.latchkey.catalogue.datastore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatastoreAddressTest {
    private static DatastoreAddress read(String driver, String text) {
        DatastoreDriver found = DatastoreDriver.find(driver).orElseThrow();
        return DatastoreAddress.of(
                found, DatastoreAddress.expand(found, Map.of(DatastoreAddress.CONNECTION_STRING, text)));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', nullValues = "", textBlock = """
            postgresql | postgresql://app:pw@db.example.com:6432/shop?sslmode=require           | db.example.com:6432 | shop | app | pw | require
            postgresql | postgres://app:p%40ss%2Fw%25@db.example.com/shop                       | db.example.com:5432 | shop | app | p@ss/w% | verify-full
            postgresql | postgres://app:p@ss/w?rd#1@db.example.com/shop                         | db.example.com:5432 | shop | app | p@ss/w?rd#1 | verify-full
            postgresql | postgres://app:100%@db.example.com/shop?application_name=me@home        | db.example.com:5432 | shop | app | 100% | verify-full
            postgresql | postgres://app:a+b c@db.example.com/shop                               | db.example.com:5432 | shop | app | a+b c | verify-full
            postgresql | postgresql://app:pw@[2001:db8::1]:5433/shop                            | [2001:db8::1]:5433 | shop | app | pw | verify-full
            postgresql | postgresql://app:pw@a.example:5432,b.example:5433/shop?target_session_attrs=any | a.example:5432,b.example:5433 | shop | app | pw | verify-full
            postgresql | jdbc:postgresql://db.example.com/shop?user=app&password=p%26w&sslmode=verify-ca | db.example.com:5432 | shop | app | p&w | verify-ca
            postgresql | host=db.example.com port=6432 dbname=shop user=app password='it\\'s a b' sslmode=disable | db.example.com:6432 | shop | app | it's a b | disable
            postgresql | postgres://jörg:pä ss@db.example.com/shop                              | db.example.com:5432 | shop | jörg | pä ss | verify-full
            postgresql | postgres://j%C3%B6rg:p%C3%A4ss@db.example.com/my%20shop                | db.example.com:5432 | my shop | jörg | päss | verify-full
            postgresql | postgres://app:p%zz@db.example.com:/shop                               | db.example.com:5432 | shop | app | p%zz | verify-full
            postgresql | postgres://app:p@ss:w/o?r#d@a.example,b.example:6432,[2001:db8::2]/shop | a.example:5432,b.example:6432,[2001:db8::2]:5432 | shop | app | p@ss:w/o?r#d | verify-full
            postgresql | DATABASE_URL="postgres://app:pw@db.example.com/shop"                   | db.example.com:5432 | shop | app | pw | verify-full
            postgresql | 'postgres://app:pw@db.example.com/shop'                                | db.example.com:5432 | shop | app | pw | verify-full
            postgresql | POSTGRES://app:pw@DB.Example.com/shop?sslmode=no-such-mode             | DB.Example.com:5432 | shop | app | pw | verify-full
            mysql      | mysql://app:p@ss:w/o?r#d@[2001:db8::1]:3307/shop                       | [2001:db8::1]:3307 | shop | app | p@ss:w/o?r#d | verify-full
            mongodb    | mongodb://app:p@ss:w/o?r#d@a.example:27017,b.example/shop?tls=true     | a.example:27017,b.example:27017 | shop | app | p@ss:w/o?r#d | verify-full
            redis      | rediss://:p@ss:w/o?r#d@cache.example.com:6380/1                        | cache.example.com:6380 | 1 |  | p@ss:w/o?r#d | verify-full
            sqlserver  | sqlserver://app:p@ss:w/o?r#d@db.example.com?database=shop              | db.example.com:1433 | shop | app | p@ss:w/o?r#d | verify-full
            mysql      | mysql://app:pw@db.example.com/shop?ssl-mode=VERIFY_IDENTITY            | db.example.com:3306 | shop | app | pw | verify-full
            mysql      | jdbc:mysql://db.example.com:3307/shop?user=app&password=pw&useSSL=true | db.example.com:3307 | shop | app | pw | require
            mariadb    | mariadb://app:pw@db.example.com/shop?sslMode=trust                     | db.example.com:3306 | shop | app | pw | require
            mongodb    | mongodb://app:pw@a.example:27017,b.example:27018/shop?replicaSet=rs0&tls=true | a.example:27017,b.example:27018 | shop | app | pw | verify-full
            mongodb    | mongodb://app:pw@127.0.0.1                                             | 127.0.0.1:27017 |  | app | pw | disable
            mongodb    | mongodb+srv://app:pw@cluster0.ab1cd.mongodb.net/?retryWrites=true&w=majority | cluster0.ab1cd.mongodb.net:27017 |  | app | pw | verify-full
            redis      | redis://:pw@cache.example.com                                          | cache.example.com:6379 |  |  | pw | disable
            redis      | rediss://app:p:w@cache.example.com:6380/3                              | cache.example.com:6380 | 3 | app | p:w | verify-full
            sqlserver  | jdbc:sqlserver://db.example.com:1444;databaseName=shop;user=app;password={p;}}w};encrypt=true;trustServerCertificate=true | db.example.com:1444 | shop | app | p;}w | require
            sqlserver  | Server=tcp:acme.database.windows.net,1433;Initial Catalog=shop;User ID=app;Password="a;b""c";Encrypt=True;TrustServerCertificate=False | acme.database.windows.net:1433 | shop | app | a;b"c | verify-full
            sqlserver  | sqlserver://app:pw@db.example.com:1433?database=shop&encrypt=disable   | db.example.com:1433 | shop | app | pw | disable
            smtp       | smtp://ada@example.com:p@ss:w/o?r#d@smtp.example.com                    | smtp.example.com:587 |  | ada@example.com | p@ss:w/o?r#d | verify-full
            smtp       | smtps://ada@example.com:pw@smtp.example.com                            | smtp.example.com:465 |  | ada@example.com | pw | verify-full
            smtp       | smtp://ada:pw@smtp.example.com:25?tls=disable                          | smtp.example.com:25 |  | ada | pw | disable
            smtp       | smtp://ada:pw@smtp.example.com:2525/?startTls=false&tls=require        | smtp.example.com:2525 |  | ada | pw | require
            imap       | imaps://ada@example.com:pw@imap.example.com/INBOX                      | imap.example.com:993 |  | ada@example.com | pw | verify-full
            imap       | imap://ada:pw@imap.example.com                                         | imap.example.com:143 |  | ada | pw | verify-full
            ldap       | ldaps://cn=reader,dc=example,dc=com:pw@ldap.example.com/dc=example,dc=com | ldap.example.com:636 | dc=example,dc=com | cn=reader,dc=example,dc=com | pw | verify-full
            ldap       | ldap://cn%3Dreader:pw@[2001:db8::1]:3890/dc%3Dexample?tls=verify-ca     | [2001:db8::1]:3890 | dc=example | cn=reader | pw | verify-ca
            sftp       | sftp://app:p@ss:w/o?r#d@sftp.example.com/in/my%20box?hostKey=SHA256%3Aab%2Fc | sftp.example.com:22 | /in/my box | app | p@ss:w/o?r#d | verify-full
            sftp       | sftp://app:pw@sftp.example.com:2222/?tls=require                       | sftp.example.com:2222 |  | app | pw | require
            amqp       | amqp://app:pw@mq.example.com/%2F                                       | mq.example.com:5672 | / | app | pw | disable
            amqp       | amqps://app:p@ss:w/o?r#d@mq.example.com/shop?heartbeat=10              | mq.example.com:5671 | shop | app | p@ss:w/o?r#d | verify-full
            amqp       | amqps://app:pw@mq.example.com:5999?tls=verify-ca                       | mq.example.com:5999 |  | app | pw | verify-ca
            amqp1      | amqps://app:p@ss:w/o?r#d@acme.servicebus.windows.net                   | acme.servicebus.windows.net:5671 |  | app | p@ss:w/o?r#d | verify-full
            amqp1      | amqp://app:pw@mq.example.com/vhost:shop                                | mq.example.com:5672 | vhost:shop | app | pw | disable
            kafka      | kafka+ssl://app:p@ss:w/o?r#d@b-1.example.com:9094,b-2.example.com:9094?saslMechanism=PLAIN | b-1.example.com:9094,b-2.example.com:9094 |  | app | p@ss:w/o?r#d | verify-full
            kafka      | kafka://app:pw@broker.example.com                                      | broker.example.com:9092 |  | app | pw | disable
            oracle     | oracle://app:p@ss:w/o?r#d@db.example.com/ORCLPDB1                      | db.example.com:1521 | ORCLPDB1 | app | p@ss:w/o?r#d | disable
            oracle     | oracle://app:pw@db.example.com/orders?tls=verify-full                  | db.example.com:2484 | orders | app | pw | verify-full
            oracle     | jdbc:oracle:thin:app/p@ss/w@//db.example.com:1522/orders.example.com   | db.example.com:1522 | orders.example.com | app | p@ss/w | disable
            oracle     | jdbc:oracle:thin:app/pw@(DESCRIPTION=(RETRY_COUNT=3)(ADDRESS=(PROTOCOL=tcps)(PORT=1522)(HOST=adb.eu-frankfurt-1.oraclecloud.com))(CONNECT_DATA=(SERVICE_NAME=x_high.adb.oraclecloud.com))(SECURITY=(SSL_SERVER_DN_MATCH=yes))) | adb.eu-frankfurt-1.oraclecloud.com:1522 | x_high.adb.oraclecloud.com | app | pw | verify-full
            oracle     | jdbc:oracle:thin:app/pw@tcps://db.example.com:2484/orders              | db.example.com:2484 | orders | app | pw | verify-full
            oracle     | jdbc:oracle:thin:app/pw@db.example.com:1521:XE                         | db.example.com:1521 |  | app | pw | disable
            """)
    void readsWhatPeoplePaste(
            String driver, String text, String hosts, String database, String user, String password, String tls) {
        DatastoreAddress address = read(driver, text);

        assertThat(address.hosts()).extracting(Object::toString).containsExactly(hosts.split(","));
        assertThat(address.database()).isEqualTo(database == null ? "" : database);
        assertThat(address.username()).isEqualTo(user == null ? "" : user);
        assertThat(address.password()).isEqualTo(password);
        assertThat(address.tls().word()).isEqualTo(tls);
        assertThat(address.toString()).doesNotContain(password);
        // Normalised: what it writes is read as the same.
        assertThat(read(driver, address.connectionString())).isEqualTo(address);
        assertThat(DatastoreAddress.of(address.driver(), address.values())).isEqualTo(address);
    }

    @Test
    void aClusterHasNoPortAndItsHostIsLeftToDns() {
        DatastoreAddress address = read("mongodb", "mongodb+srv://app:pw@cluster0.example.net/shop?authSource=admin");

        assertThat(address.cluster()).isTrue();
        assertThat(address.connectionString())
                .isEqualTo("mongodb+srv://app:pw@cluster0.example.net/shop?tls=true&authSource=admin");
        assertThat(address.jdbcUrl()).isEmpty();
    }

    @Test
    void writesJdbcUrlsWithoutTheLogin() {
        assertThat(read("postgresql", "postgres://app:hunter2@db.example.com/my shop?application_name=x")
                        .jdbcUrl())
                .isEqualTo("jdbc:postgresql://db.example.com:5432/my%20shop?sslmode=verify-full&application_name=x");
        assertThat(read("mysql", "mysql://app:hunter2@db.example.com/shop?ssl-mode=REQUIRED")
                        .jdbcUrl())
                .isEqualTo("jdbc:mysql://db.example.com:3306/shop?sslMode=REQUIRED");
        assertThat(read("mariadb", "mariadb://app:hunter2@db.example.com/shop").jdbcUrl())
                .isEqualTo("jdbc:mariadb://db.example.com:3306/shop?sslMode=verify-full");
        assertThat(read("oracle", "oracle://app:hunter2@db.example.com/orders?tls=verify-ca")
                        .jdbcUrl())
                .isEqualTo("jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(PROTOCOL=tcps)(HOST=db.example.com)(PORT=2484))"
                        + "(CONNECT_DATA=(SERVICE_NAME=orders))(SECURITY=(SSL_SERVER_DN_MATCH=FALSE)))");
        assertThat(read("oracle", "jdbc:oracle:thin:app/hunter2@db.example.com:1521:XE")
                        .jdbcUrl())
                .isEqualTo("jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST=db.example.com)(PORT=1521))"
                        + "(CONNECT_DATA=(SID=XE)))");
        assertThat(read("sqlserver", "Server=db.example.com;Database=my shop;UID=app;PWD=hunter2")
                        .jdbcUrl())
                .isEqualTo(
                        "jdbc:sqlserver://db.example.com:1433;databaseName={my shop};encrypt=true;trustServerCertificate=false");
    }

    @Test
    void leavesOutParametersThatMakeADriverLoadClassesOrReadFiles() {
        DatastoreAddress address = read(
                "postgresql",
                "postgres://app:pw@db.example.com/shop?socketFactory=org.example.Evil&socketFactoryArg=x&loggerFile=/etc/x"
                        + "&sslrootcert=/etc/passwd&application_name=report");

        assertThat(address.connectionString())
                .isEqualTo("postgresql://app:pw@db.example.com:5432/shop?sslmode=verify-full&application_name=report");
        assertThat(address.jdbcUrl()).doesNotContain("Evil", "etc");
    }

    @Test
    void aFieldWinsOverTheConnectionString() {
        Map<String, String> values = DatastoreAddress.expand(
                DatastoreDriver.POSTGRESQL,
                Map.of(
                        DatastoreAddress.CONNECTION_STRING,
                        "postgres://app:pw@db.example.com/shop",
                        "database",
                        "other",
                        "tls",
                        "require",
                        "username",
                        " "));

        assertThat(values).containsEntry("database", "other").containsEntry("tls", "require");
        assertThat(values).containsEntry("username", "app");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hunter2",
                "postgresql:hunter2",
                "mysql://app:hunter2@db.example.com/x",
                "postgresql://app:hunter2@",
                "postgresql://app:hunter2@d b/x",
                "postgresql://app:hunter2@db.example.com:99999/x",
                "postgresql://app:hunter2@db.example.com:port/x",
                "postgresql://app:hunter2@-db-/x",
                "postgresql://app:hunter2@%2Fvar%2Frun/x",
                "postgresql://app:hunter2@/x",
                "postgresql://app:hunter2@/x?host=/var/run/postgresql",
                "postgresql://app:hunter2@dä.example.com/x",
                "postgresql://app:hunter2@2001:db8::1/x",
                "postgresql://app:hunter2@[fe80::1%25eth0]:5432/x",
                "postgresql://app:hunter2@a.example,,b.example/x",
                "postgresql://app:hunter2@a.example, b.example/x",
                "postgresql://app:hunter2@db.example.com:0/x",
                "https://app:hunter2@db.example.com/x",
                "app:hunter2@db.example.com/x",
                "postgresql://app:hunter2\\n@db.example.com/x",
                "jdbc:postgresql:hunter2"
            })
    void refusesWhatIsNoneWithoutRepeatingIt(String text) {
        assertThatThrownBy(() -> read("postgresql", text.replace("\\n", "\n")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("hunter2")
                .hasNoCause();
    }

    /** What cannot be meant is refused, not repaired. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            mongodb   | mongodb+srv://app:hunter2@a.example,b.example/shop | one name without a port
            mongodb   | mongodb+srv://app:hunter2@cluster0.ab1cd.mongodb.net:27017/shop | one name without a port
            mongodb   | mongodb+srv://app:hunter2@192.0.2.1/shop           | no cluster's name
            redis     | redis://:hunter2@cache.example.com/one             | is a number
            redis     | redis://:hunter2@a.example,b.example/0             | one host only
            sqlserver | Server=;Database=shop;Password=hunter2             | must look like Server=
            sqlserver | Server=a.example,port;Password=hunter2             | one host only
            mysql     | postgres://app:hunter2@db.example.com/shop         | must look like mysql://
            postgresql | postgres://app:hunter2@2001:db8::1/shop           | IPv6 in brackets
            kafka     | kafka://app:hunter2@a.example?saslMechanism=GSSAPI | saslMechanism must be one of
            oracle    | jdbc:oracle:thin:app/hunter2@orders                | must look like oracle://
            oracle    | oracle://app:hunter2@db.example.com                | one of the two
            oracle    | oracle://app:hunter2@db.example.com/a)(HOST=evil.example | letters, digits
            oracle    | jdbc:oracle:thin:app/hunter2@(DESCRIPTION=(ADDRESS_LIST=(ADDRESS=(HOST=a)(PORT=1))(ADDRESS=(HOST=b)(PORT=1)))(CONNECT_DATA=(SERVICE_NAME=s))) | one host only
            """)
    void saysWhatIsWrong(String driver, String text, String message) {
        assertThatThrownBy(() -> read(driver, text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message)
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void asksForThePortOfANamedInstance() {
        assertThatThrownBy(() -> read("sqlserver", "Server=db.example.com\\SQLEXPRESS;User ID=app;Password=hunter2"))
                .hasMessageContaining("port of the instance");
        assertThat(read("sqlserver", "Server=db.example.com\\SQLEXPRESS,1444;User ID=app;Password=x")
                        .hosts())
                .containsExactly(new DatastoreAddress.Host("db.example.com", 1444));
    }

    @ParameterizedTest
    @CsvSource({"smtp, 587, true", "smtp, 465, false", "imap, 993, false", "imap, 143, true", "ldap, 636, false"})
    void thePortSaysHowTlsBeginsIfNothingElseDoes(String driver, String port, boolean startTls) {
        DatastoreDriver found = DatastoreDriver.find(driver).orElseThrow();
        Map<String, String> fields = Map.of("host", "mail.example.com", "port", port);

        assertThat(DatastoreAddress.of(found, fields).tlsAtConnect()).isNotEqualTo(startTls);
        assertThat(DatastoreAddress.of(found, fields).values()).containsEntry("startTls", Boolean.toString(startTls));
    }

    @ParameterizedTest
    @EnumSource(DatastoreDriver.class)
    void anyPasswordSurvivesTheWayThroughAConnectionString(DatastoreDriver driver) {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String odd = "aZ09 @:/?#[]{}()<>%+&=;,'\"\\|^~`$!*-_.äß漢🔑";
        for (int i = 0; i < 2_000; i++) {
            StringBuilder password = new StringBuilder();
            int[] points = odd.codePoints().toArray();
            for (int n = random.nextInt(12) + 1; n > 0; n--) {
                password.appendCodePoint(points[random.nextInt(points.length)]);
            }
            Map<String, String> values = Map.of(
                    "host",
                    "db.example.com",
                    "port",
                    "1234",
                    "database",
                    driver == DatastoreDriver.REDIS ? "1" : "shop",
                    "username",
                    "app",
                    "password",
                    password.toString());
            DatastoreAddress address = DatastoreAddress.of(driver, values);
            assertThat(address.password()).isEqualTo(password.toString());

            assertThat(read(driver.word(), address.connectionString()))
                    .as("seed %d, password %s", seed, password)
                    .isEqualTo(address);
        }
    }
}
