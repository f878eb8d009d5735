/** Pool, migrations, embedded PostgreSQL. */
@NullMarked
package dev.latchkey.server.storage;

import org.jspecify.annotations.NullMarked;
