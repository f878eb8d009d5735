package dev.latchkey.server.api;

import dev.latchkey.server.storage.DatabaseAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/**
 * Puts a row beside the good ones of every table, for each column that has text, JSON or bytes and each thing that may be wrong with it:
 * a copy of a good row with that column damaged. Walks the schema as the database has it, so that a new table or column is one more.
 */
final class DamagedRows {
    /** What another version, another key or a slip of the hand leaves in a column of a type. */
    private static final Map<String, List<String>> DAMAGES = Map.of(
            "jsonb",
            List.of("'7'", "'[1, {}]'", "'{\"version\": {\"next\": [1]}}'", "'\"text\"'", "'null'"),
            "bytea",
            List.of("'\\x'", "'\\x0900000001aabbccddeeff'", "'\\x0100ffffff00112233445566778899aabb'"),
            "text",
            List.of("'future'", "''", "'{'"),
            "_text",
            List.of("'{future/99,\"{\"}'"));

    private record Column(String table, String name, String type, boolean isNullable) {}

    /** @param applied by table, what was damaged in a row of it; @param refused what the schema itself does not let happen */
    record Done(Map<String, List<String>> applied, List<String> refused) {}

    private final Jdbi jdbi;
    private int number;

    DamagedRows(Latchkey latchkey) {
        DatabaseAddress address = DatabaseAddress.parse(latchkey.settings.getOrDefault("LATCHKEY_DATABASE_URL", ""));
        jdbi = Jdbi.create(address.jdbcUrl(), address.user(), address.password().reveal());
    }

    Done apply() {
        return jdbi.withHandle(handle -> {
            Map<String, List<Column>> tables = tables(handle);
            Map<String, List<String>> applied = new LinkedHashMap<>();
            List<String> refused = new ArrayList<>();
            tables.forEach((table, columns) -> {
                madeUp(handle, table, columns);
                Set<String> unique = unique(handle, table);
                for (Column column : columns) {
                    for (String damage : DAMAGES.getOrDefault(column.type(), List.of())) {
                        Optional<String> problem = copied(handle, table, columns, unique, column, damage);
                        String name = column.name() + " = " + damage;
                        if (problem.isEmpty()) {
                            applied.computeIfAbsent(table, missing -> new ArrayList<>())
                                    .add(name);
                        } else {
                            refused.add(table + "." + name + ": " + problem.get());
                        }
                    }
                }
            });
            return new Done(applied, refused);
        });
    }

    /** The tables that have text, JSON or bytes in them, with all of their columns. */
    static Map<String, List<Column>> tables(Handle handle) {
        return handle
                .createQuery("""
                        SELECT c.table_name, c.column_name, c.udt_name, c.is_nullable = 'YES'
                        FROM information_schema.columns c JOIN pg_class t ON t.oid = to_regclass(quote_ident(c.table_name))
                        WHERE c.table_schema = 'public' AND t.relkind IN ('r', 'p') AND NOT t.relispartition
                          AND c.table_name <> 'flyway_schema_history'
                          AND c.is_identity = 'NO' AND c.is_generated = 'NEVER'
                        ORDER BY c.table_name, c.ordinal_position""")
                .map((row, context) ->
                        new Column(row.getString(1), row.getString(2), row.getString(3), row.getBoolean(4)))
                .list()
                .stream()
                .collect(Collectors.groupingBy(Column::table, LinkedHashMap::new, Collectors.toList()));
    }

    /** What nothing has happened to fill. */
    private static void madeUp(Handle handle, String table, List<Column> columns) {
        if (handle.createQuery("SELECT count(*) FROM " + table)
                        .mapTo(Long.class)
                        .one()
                > 0) {
            return;
        }
        Map<String, String> values = new LinkedHashMap<>();
        Map<String, String> parents = parents(handle, table);
        for (Column column : columns) {
            if (parents.containsKey(column.name())) {
                values.put(column.name(), parents.getOrDefault(column.name(), ""));
            } else if (!column.isNullable()) {
                values.put(column.name(), value(column));
            }
        }
        handle.execute("INSERT INTO " + table + " (" + String.join(", ", values.keySet()) + ") VALUES ("
                + String.join(", ", values.values()) + ")");
    }

    private static String value(Column column) {
        return switch (column.type()) {
            case "uuid" ->
                column.name().equals("environment_id") ? "(SELECT id FROM environments LIMIT 1)" : "gen_random_uuid()";
            case "text" -> "'word'";
            case "jsonb" -> "'{}'";
            case "bytea" -> "decode(md5(random()::text), 'hex')";
            case "timestamptz" -> "now() + INTERVAL '1 hour'";
            case "bool" -> "false";
            case "_uuid", "_text" -> "'{}'";
            default -> "1";
        };
    }

    /** Columns that point to another table, with a row there; of one of several columns the same row of it. */
    private static Map<String, String> parents(Handle handle, String table) {
        Map<String, String> parents = new LinkedHashMap<>();
        handle.createQuery("""
                        SELECT a.attname, f.relname, fa.attname FROM pg_constraint k
                        CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair (mine, theirs)
                        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.mine
                        JOIN pg_class f ON f.oid = k.confrelid
                        JOIN pg_attribute fa ON fa.attrelid = k.confrelid AND fa.attnum = pair.theirs
                        WHERE k.contype = 'f' AND k.conrelid = to_regclass(:table)
                        ORDER BY cardinality(k.conkey)""")
                .bind("table", table)
                .map((row, context) -> Map.entry(
                        row.getString(1),
                        "(SELECT " + row.getString(3) + " FROM " + row.getString(2) + " ORDER BY 1 LIMIT 1)"))
                .forEach(entry -> parents.put(entry.getKey(), entry.getValue()));
        return parents;
    }

    /** Columns of which no two rows may have the same, but for those that point elsewhere. */
    private static Set<String> unique(Handle handle, String table) {
        Set<String> unique = new HashSet<>(
                handle.createQuery("""
                        SELECT a.attname FROM pg_index i
                        JOIN pg_attribute a ON a.attrelid = i.indrelid
                          AND (a.attnum = ANY (i.indkey)
                               OR pg_get_indexdef(i.indexrelid) LIKE '%lower(' || a.attname || ')%')
                        WHERE i.indisunique AND i.indrelid = to_regclass(:table)""").bind("table", table).mapTo(String.class).list());
        unique.removeAll(parents(handle, table).keySet());
        unique.remove("environment_id");
        return unique;
    }

    /** @return why the schema refuses it */
    private Optional<String> copied(
            Handle handle, String table, List<Column> columns, Set<String> unique, Column damaged, String damage) {
        number++;
        String names = columns.stream().map(Column::name).collect(Collectors.joining(", "));
        String values = columns.stream()
                .map(column -> column.equals(damaged)
                        ? damage + "::" + (column.type().equals("_text") ? "text[]" : column.type())
                        : unique.contains(column.name()) ? another(table, column) : "t." + column.name())
                .collect(Collectors.joining(", "));
        String which = columns.stream().anyMatch(column -> column.name().equals("environment_id"))
                ? "ORDER BY environment_id = (SELECT id FROM environments WHERE name = 'dev') DESC LIMIT 1"
                : "LIMIT 1";
        try {
            handle.useTransaction(own -> own.execute("INSERT INTO " + table + " (" + names + ") SELECT " + values
                    + " FROM (SELECT * FROM " + table + " " + which + ") t"));
            return Optional.empty();
        } catch (JdbiException e) {
            return Optional.of(Optional.<Throwable>ofNullable(e.getCause())
                    .map(cause -> String.valueOf(cause.getMessage()))
                    .flatMap(message -> message.lines().findFirst())
                    .orElse(""));
        }
    }

    private String another(String table, Column column) {
        return switch (column.type()) {
            // With the time in a UUIDv7, by which tables are partitioned.
            case "uuid" ->
                "overlay(t." + column.name() + "::text placing '"
                        + UUID.randomUUID().toString().substring(24) + "' from 25)::uuid";
            case "bytea" -> "decode(md5(random()::text) || md5(random()::text), 'hex')";
            case "text" -> "coalesce(left(t." + column.name() + ", 200), '') || '-damaged-" + number + "'";
            case "timestamptz" -> "t." + column.name() + " + " + number + " * INTERVAL '1 microsecond'";
            default -> "(SELECT min(" + column.name() + ") FROM " + table + ") - 1";
        };
    }
}
