"""Certificates for tests, made by the openssl command: authorities, what they sign, and what they revoke."""

import pathlib
import subprocess


def openssl(*arguments, input=None, check=True):
    done = subprocess.run(["openssl", *map(str, arguments)], input=input, capture_output=True, text=True, timeout=120)
    assert not check or done.returncode == 0, done.stderr
    return done


class Authority:
    """An authority in a folder of its own."""

    def __init__(self, folder, name="Test authority"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.certificate = self.folder / "authority.pem"
        self.key = self.folder / "authority.key"
        self.index = self.folder / "index.txt"
        self.index.write_text("")
        (self.folder / "crlnumber").write_text("01\n")
        (self.folder / "authority.conf").write_text(
            "[ca]\ndefault_ca = own\n[own]\n"
            f"database = {self.index}\ncrlnumber = {self.folder / 'crlnumber'}\ndefault_md = sha256\n"
            f"new_certs_dir = {self.folder}\nrand_serial = yes\npolicy = any\nunique_subject = no\n"
            "[any]\ncommonName = optional\norganizationName = optional\norganizationalUnitName = optional\n"
            "[req]\ndistinguished_name = name\n[name]\n"
        )
        self.conf = self.folder / "authority.conf"
        openssl("req", "-config", self.conf, "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", self.key, "-out", self.certificate, "-days", "30", "-subj", f"/CN={name}",
                "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def sign(self, name, subject, *, days=10, start=None, end=None, san=None, usage=None, key=None):
        """A certificate and its key: (path, path). `start` and `end` are YYYYMMDDHHMMSSZ."""
        certificate, own_key = self.folder / f"{name}.pem", key or self.folder / f"{name}.key"
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        if key is None:
            openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", own_key)
        openssl("req", "-config", self.conf, "-new", "-utf8", "-key", own_key, "-out", request, "-subj", subject)
        lines = ["basicConstraints=CA:FALSE"]
        if san:
            lines.append(f"subjectAltName={san}")
        if usage:
            lines.append(f"extendedKeyUsage={usage}")
        extensions.write_text("\n".join(lines) + "\n")
        times = ["-startdate", start, "-enddate", end] if end else ["-days", str(days)]
        openssl("ca", "-config", self.conf, "-batch", "-notext", "-utf8", "-preserveDN", "-in", request, "-out", certificate,
                "-cert", self.certificate, "-keyfile", self.key, "-extfile", extensions, *times)
        return certificate, own_key

    def revoke(self, certificate):
        openssl("ca", "-config", self.conf, "-revoke", certificate, "-cert", self.certificate, "-keyfile", self.key)

    def write_list(self, path=None, *times):
        """The list of what is revoked now."""
        path = path or self.folder / "list.pem"
        openssl("ca", "-config", self.conf, "-gencrl", "-out", path, "-cert", self.certificate, "-keyfile", self.key,
                *(times or ("-crldays", "10")))
        return path
