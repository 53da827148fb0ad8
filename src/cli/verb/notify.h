/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BT_CLI_VERB_NOTIFY_H
#define BT_CLI_VERB_NOTIFY_H
/* Telling systemd, or whoever started this, how far it is: a datagram to the socket that the
 * environment names, as sd_notify(3) has it. Where none is named, nothing is told. */

/* Before the process is confined. Both may be called without it. */
void notify_open(void);
/* "READY=1". */
void notify_send(const char *text);

#endif
