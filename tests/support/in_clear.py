"""For clients that ask in clear, as tests ask services of this machine.

Without it httpx2 reads the certificates of all authorities for each client and for each `httpx2.get`: some forty
milliseconds of work, ten times a second wherever a test waits for a service.
"""

import ssl

#: To be given as ``verify``: it knows no authority, so nothing could be reached with it by TLS.
IN_CLEAR = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
