"""PARTITION: ``<server uid>__<domain uid>`` with every dot written ``_``.

Source: BlueMind 4.9, CyrusPartition.
"""

from bmrepmon.model.names import PartitionName

DEFAULT = "default"  # Cyrus's own: data that was created past BlueMind; bm-core does not replicate it


def parse_partition(name: str) -> PartitionName:
    """Take a partition's name apart, as well as it can be: dots and underscores look the same in it.

    >>> parse_partition("bm-master__acme_test")
    PartitionName(server='bm-master', domain='acme.test')
    >>> parse_partition("vagrant_vmw")  # before backends had names of their own
    PartitionName(server=None, domain='vagrant.vmw')
    """
    if name == DEFAULT:
        return PartitionName(None, None)
    server, mark, domain = name.partition("__")
    if not (server and mark and domain):
        return PartitionName(None, name.replace("_", "."))
    return PartitionName(server.replace("_", "."), domain.replace("_", "."))
