/** Who did what: a log that only grows, and that shows changes made to it in the database. */
@NullMarked
package dev.latchkey.server.audit;

import org.jspecify.annotations.NullMarked;
