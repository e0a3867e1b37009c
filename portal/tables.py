"""Imports every room's models, so that migrations and mappers see all tables."""

from portal.accounts import models as accounts
from portal.audit import models as audit
from portal.database import Base
from portal.devices import models as devices
from portal.enrollment import models as enrollment
from portal.gate import models as gate
from portal.jobs import models as jobs
from portal.labels import models as labels
from portal.records import models as records
from portal.stickers import models as stickers
from portal.visits import models as visits

ROOMS = (accounts, audit, devices, enrollment, gate, jobs, labels, records, stickers, visits)
METADATA = Base.metadata
