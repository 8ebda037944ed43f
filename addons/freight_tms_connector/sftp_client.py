"""paramiko's SFTP client, for names that need not be UTF-8 and downloads without a thread."""

from collections import deque
from contextlib import suppress

import paramiko
from paramiko.sftp import (
    CMD_CLOSE,
    CMD_DATA,
    CMD_HANDLE,
    CMD_NAME,
    CMD_OPENDIR,
    CMD_READ,
    CMD_READDIR,
    CMD_STATUS,
    int64,
)

#: Entries of one directory that are looked at; what is beyond waits for the next look.
MOST_LISTED = 20_000
#: Bytes of one read request, which every server grants, and how many are under way at once.
READ = 32 * 1024
_UNDER_WAY = 64


class Client(paramiko.SFTPClient):
    """paramiko's client, for directories whose names need not be UTF-8 and need not end."""

    def listdir_attr(self, path="."):
        """Return `SFTPAttributes` of at most `MOST_LISTED` entries."""
        kind, message = self._request(CMD_OPENDIR, path)
        if kind != CMD_HANDLE:
            raise paramiko.SFTPError("The directory was not opened.")
        handle = message.get_binary()
        entries = []
        while len(entries) < MOST_LISTED:
            try:
                kind, message = self._request(CMD_READDIR, handle)
            except EOFError:
                break
            if kind != CMD_NAME:
                raise paramiko.SFTPError("The directory was not listed.")
            entries += [self._entry(message) for _number in range(message.get_int())]
        self._request(CMD_CLOSE, handle)
        return entries

    def chunks(self, path, size):
        """Yield the first ``size`` bytes of a file, or fewer where it ends before.

        Many requests are under way at once, as in paramiko's own prefetch, but without a thread
        that would wait for ever once the connection broke.
        """
        with self.open(path, "rb") as remote:
            answers, asked = _Answers(), deque()
            for offset in range(0, size, READ):
                length = min(READ, size - offset)
                number = self._async_request(
                    answers, CMD_READ, remote.handle, int64(offset), length
                )
                asked.append((number, offset, length))
                if len(asked) >= _UNDER_WAY:
                    yield self._answer(answers, remote.handle, *asked.popleft())
            while asked:
                yield self._answer(answers, remote.handle, *asked.popleft())

    def _answer(self, answers, handle, number, offset, length):
        while number not in answers:
            self._read_response()
        data = self._data(*answers.pop(number))
        while data and len(data) < length:  # a server may give less than it was asked for
            rest = (handle, int64(offset + len(data)), length - len(data))
            try:
                more = self._data(*self._request(CMD_READ, *rest))
            except EOFError:
                break
            data += more
        return data

    def _data(self, kind, message):
        if kind == CMD_DATA:
            return message.get_string()
        if kind != CMD_STATUS:
            raise paramiko.SFTPError("The file was not read.")
        with suppress(EOFError):  # shorter than it was: whoever asked compares the lengths
            self._convert_status(message)
        return b""

    @staticmethod
    def _entry(message):
        name = message.get_binary().decode("utf-8", "surrogateescape")
        message.get_binary()  # the line that `ls -l` would print
        return paramiko.SFTPAttributes._from_msg(message, name)


class _Answers(dict):
    """Collects by number what the server answers to requests that nobody waits for yet."""

    def _async_response(self, kind, message, number):
        self[number] = kind, message
