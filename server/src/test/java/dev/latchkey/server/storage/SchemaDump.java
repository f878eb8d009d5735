package dev.latchkey.server.storage;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * What {@code pg_dump --schema-only} would say, from PostgreSQL's own catalogue (the embedded one comes without pg_dump): relations
 * with their columns in order, constraints, indexes, functions, triggers, sequences, partitions and storage parameters.
 */
final class SchemaDump {
    private static final List<String> QUERIES = List.of("""
            SELECT 'relation', c.relname, c.relkind, c.relpersistence, c.relispartition, c.reloptions::text,
                   pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid)
            FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace""", """
            SELECT 'column', c.relname, row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum), a.attname,
                   format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attstorage,
                   a.attcompression, a.attstattarget, pg_get_expr(d.adbin, d.adrelid), col_description(c.oid, a.attnum)
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')""", """
            SELECT 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated, conislocal
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace""", """
            SELECT 'index', c.relname, pg_get_indexdef(c.oid), i.indisvalid, i.indisprimary
            FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE c.relnamespace = 'public'::regnamespace""", """
            SELECT 'function', p.proname, pg_get_functiondef(p.oid)
            FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace""", """
            SELECT 'trigger', t.tgrelid::regclass, pg_get_triggerdef(t.oid)
            FROM pg_trigger t WHERE NOT t.tgisinternal""", """
            SELECT 'sequence', s.seqrelid::regclass, s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmax, s.seqmin,
                   s.seqcache, s.seqcycle, (SELECT d.refobjid::regclass || '.' || d.refobjsubid <> '' FROM pg_depend d
                                            WHERE d.objid = s.seqrelid AND d.deptype IN ('a', 'i') LIMIT 1)
            FROM pg_sequence s""");

    private SchemaDump() {}

    static List<String> of(DatabaseAddress address) throws SQLException {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(address.jdbcUrl());
        source.setUser(address.user());
        source.setPassword(address.password().reveal());
        List<String> lines = new ArrayList<>();
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            for (String query : QUERIES) {
                try (ResultSet row = statement.executeQuery(query)) {
                    while (row.next()) {
                        StringBuilder line = new StringBuilder();
                        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                            line.append(row.getString(i)).append(" | ");
                        }
                        lines.add(line.toString());
                    }
                }
            }
        }
        // By name: oids are in the order in which things were made.
        lines.sort(Comparator.naturalOrder());
        return lines;
    }
}
