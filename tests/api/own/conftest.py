"""Who administers, and what is administered."""

from __future__ import annotations

import httpx
import pytest

from tests.api.own.admin import Admin
from tests.support.organizations import Organization
from tests.support.server import Server


@pytest.fixture(scope="session")
def admin(server: Server, http: httpx.Client) -> Admin:
    """The administrator of the installation, under /earnest/v1."""
    return Admin(http, server.admin_key)


@pytest.fixture
def of_organization(admin: Admin, organization: Organization) -> Admin:
    """The administrator, under the test's organisation."""
    return admin.under(f"organizations/{organization.org_id}")


@pytest.fixture
def of_shared(admin: Admin, shared_organization: Organization) -> Admin:
    """The administrator, under an organisation that all tests look at and none changes."""
    return admin.under(f"organizations/{shared_organization.org_id}")
