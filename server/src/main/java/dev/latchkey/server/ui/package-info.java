/** What people see: the flows' pages, the Connect UI, the first page. */
@NullMarked
package dev.latchkey.server.ui;

import org.jspecify.annotations.NullMarked;
