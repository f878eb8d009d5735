package dev.latchkey.server.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

class SchemaTest {
    private final DatabaseAddress address = PostgresForTests.freshDatabase();
    private Database database;

    @BeforeEach
    void open() {
        database = Database.open(address);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private DataSource source() {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(address.jdbcUrl());
        source.setUser(address.user());
        source.setPassword(address.password().reveal());
        return source;
    }

    private void execute(String sql) throws SQLException {
        try (var connection = source().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Test
    void theNewestIsThatOfTheFiles() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("src/main/resources/db/migration"))) {
            assertThat(files.map(file -> file.getFileName().toString().replaceFirst("^V(\\d+)__.*", "$1"))
                            .mapToInt(Integer::parseInt)
                            .max())
                    .as("the newest file in db/migration, and Schema.NEWEST")
                    .hasValue(Schema.NEWEST);
        }
    }

    @Test
    void whatThisBuildMadeIsCurrent() {
        assertThat(Schema.isCurrent(source())).isTrue();
    }

    @Test
    void whatAnOlderOneMadeIsNot() throws SQLException {
        execute("DELETE FROM flyway_schema_history WHERE version = '" + Schema.NEWEST + "'");

        assertThat(Schema.isCurrent(source())).isFalse();
    }

    @Test
    void whatANewerOneMadeIsNot() throws SQLException {
        execute("UPDATE flyway_schema_history SET version = '" + (Schema.NEWEST + 1) + "' WHERE version = '"
                + Schema.NEWEST + "'");

        assertThat(Schema.isCurrent(source())).isFalse();
    }

    @Test
    void whatFailedHalfWayIsNot() throws SQLException {
        execute("UPDATE flyway_schema_history SET success = false WHERE version = '1'");

        assertThat(Schema.isCurrent(source())).isFalse();
    }

    @Test
    void anEmptyDatabaseIsNot() throws SQLException {
        execute("DROP TABLE flyway_schema_history");

        assertThat(Schema.isCurrent(source())).isFalse();
    }
}
